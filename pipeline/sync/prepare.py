"""What a sync training has before its first step: its clips, and who is kept out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.sync.clips import ListedClip, SyncClip, listed_clips, sync_clips
from pipeline.sync.job import SyncJob
from pipeline.text import file_name
from pipeline.training.split import Split, split_of

_KEPT_OUT = ("test", "validation")


@dataclass(frozen=True)
class SyncParts:
    """clips: by part, train, test, validation and skipped. audio: which features of sound these are, JSON-ready.
    commit: of the catalog. latents: hash of the face model whose latents these are. landmarks: whether the catalog
    holds them."""

    clips: dict[str, list[SyncClip]]
    split: Split
    audio: dict[str, Any]
    commit: int
    latents: str
    landmarks: bool

    def seen(self) -> dict[str, Any]:
        """JSON-ready: the clips trained on and those kept out, as (file name, clip_id) and by their files' hashes."""
        trained = self.clips["train"]
        return {
            "clips": sorted((file_name(clip.source_uri), clip.clip_id) for clip in trained),
            "content": sorted({clip.content for clip in trained}),
            "held_out": {
                part: sorted((file_name(clip.source_uri), clip.clip_id, clip.content) for clip in self.clips[part])
                for part in _KEPT_OUT
            },
            "catalog": {"sequence": self.commit},
            "test_subjects": self.split.test,
            "validation_subjects": self.split.validation,
            "latents": self.latents,
            "landmarks": self.landmarks,
        }


def split_asked(job: SyncJob) -> Split:
    """Who is kept out, by what the catalog says of its clips; none of their arrays is read. Raises what `parts_of`
    raises."""
    return _split(job, listed_clips(job.catalog, job.training))


def parts_of(job: SyncJob) -> SyncParts:
    """The clips of the job's catalog by part. Raises what `sync_clips` and `split_of` raise."""
    found = sync_clips(job.catalog, job.training)
    split = _split(job, found.clips)
    clips: dict[str, list[SyncClip]] = {part: [] for part in ("train", *_KEPT_OUT, "skipped")}
    for clip in found.clips:
        clips[split.part_of(clip)].append(clip)
    return SyncParts(clips, split, found.audio, found.commit, found.latents, found.landmarks)


def _split(job: SyncJob, clips: Sequence[ListedClip]) -> Split:
    return split_of(clips, *job.training.held_out_subjects, job.training.skip)
