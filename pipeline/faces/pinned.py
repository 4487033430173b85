"""What a training trains on, pinned when it begins: a catalog that changes later moves nobody into training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from catalogs.frames import FrameStore, StoredClip
from catalogs.manifest import Commit
from models.face.expression_space import ExpressionSpace
from pipeline.errors import UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.training_clips import TrainingClips
from pipeline.text import file_name, plural
from pipeline.training.checkpoint import load, outdated, save
from pipeline.training.split import Split

_USED = ("train", "validation")
"""Parts of the split whose clips a training cannot go on without."""
HELD_OUT = ("test", "validation")
"""Parts of the split that are kept out."""


@dataclass(frozen=True)
class Pinned:
    """commit: of the catalog. size: of its crops as trained on. clips: all that there were, as they were described.

    kept_out: as the settings had it. space: of the clips trained on.
    """

    commit: Commit
    size: int
    kept_out: tuple[int, int]
    split: Split
    clips: tuple[StoredClip, ...]
    space: ExpressionSpace

    @classmethod
    def of(cls, job: FaceJob, store: FrameStore, split: Split, clips: TrainingClips) -> Pinned:
        """What a training that begins now trains on."""
        return cls(store.commit, store.size, job.training.held_out_subjects, split, store.clips, clips.space)

    @classmethod
    def at(cls, job: FaceJob) -> Pinned | None:
        """What is kept in a job's folder; None where no training has begun. UsageError: an older version began it."""
        if job.state.exists() and not job.loss_networks.exists():
            raise outdated(job.state)
        if not job.pinned.exists():
            earlier = next((path for path in (job.state, job.loss_networks) if path.exists()), None)
            if earlier is not None:
                raise outdated(earlier)
            return None
        kept = load(job.pinned)
        arrays = {name: value.numpy() for name, value in kept["space"].items()}
        split = kept["split"]
        return cls(
            Commit(**kept["commit"]),
            kept["size"],
            tuple(kept["kept_out"]),
            Split(tuple(split["test"]), tuple(split["validation"]), tuple(split["skip"])),
            tuple(StoredClip(**clip) for clip in kept["clips"]),
            ExpressionSpace.of(arrays, list(arrays["neutral"])),
        )

    def keep(self, job: FaceJob) -> None:
        """Write it into a job's folder."""
        values: dict[str, Any] = {name: value for name, value in asdict(self).items() if name != "space"}
        arrays = {**self.space.arrays(), "neutral": np.stack(self.space.neutral)}
        space = {name: torch.from_numpy(array) for name, array in arrays.items()}
        save({**values, "clips": list(values["clips"]), "space": space}, job.pinned)

    def held(self, job: FaceJob, store: FrameStore) -> tuple[FrameStore, str | None]:
        """(the store with the pinned clips alone, described as they were; in words, what has changed in the catalog).

        Clips that came since take no part, whoever they show; people that bear another name now are who they were.
        UsageError: the settings keep others out, or clips that the training cannot go on without are gone or others.
        """
        self._check_settings(job, store)
        now = {clip.clip_id: clip for clip in store.clips}
        gone = [clip for clip in self.clips if not _same(clip, now.get(clip.clip_id))]
        needed = [clip for clip in gone if self.split.part_of(clip) in _USED]
        if needed:
            raise UsageError(
                f"{len(needed)} of the clips that the training in {job.out} learns from or is looked at with are gone "
                f"from {job.catalog} or are others now (the first: {file_name(needed[0].source_uri)}, clip "
                f"{needed[0].clip_id}): put them back, or give another --out to begin anew"
            )
        lost = {clip.clip_id for clip in gone}
        kept = [replace(clip, size=now[clip.clip_id].size) for clip in self.clips if clip.clip_id not in lost]
        said = self._said(job, store, now, len(gone))
        found = store.only(kept)
        found.commit = self.commit
        return found, said

    def _check_settings(self, job: FaceJob, store: FrameStore) -> None:
        compared = {
            "--kept-out": (self.kept_out, job.training.held_out_subjects),
            "--skip": (self.split.skip, job.training.skip),
            "pixels (--preset)": ((self.size,), (store.size,)),
        }
        for name, (before, now) in compared.items():
            if before != now:
                raise UsageError(
                    f"the training in {job.out} began with {name} {_words(before)}, not {_words(now)}: give what it "
                    "began with, or another --out to begin anew"
                )
        if store.commit.fingerprint != self.commit.fingerprint:
            raise UsageError(
                f"{job.catalog} was made anew by another recipe since the training in {job.out} began (commit "
                f"{self.commit.sequence}, now {store.commit.sequence}): give the catalog as it was, or another --out "
                "to begin anew"
            )

    def _said(self, job: FaceJob, store: FrameStore, now: dict[str, StoredClip], gone: int) -> str | None:
        before = {clip.clip_id for clip in self.clips}
        added = [clip for clip in store.clips if clip.clip_id not in before]
        renamed = sum(clip.clip_id in now and now[clip.clip_id].subject != clip.subject for clip in self.clips)
        kept_out = _people_kept_out(self, now)
        theirs = sum(clip.subject in kept_out for clip in added)
        parts = [
            f"{plural(len(added), 'clip')} came, {theirs} of people kept out" if added else "",
            f"{plural(gone, 'clip')} that nothing is learned from went" if gone else "",
            f"{plural(renamed, 'clip')} bear other names now" if renamed else "",
        ]
        if not any(parts):
            return None
        return (
            f"{job.catalog} has changed since this training began (commit {self.commit.sequence}, now "
            f"{store.commit.sequence}): {', '.join(part for part in parts if part)}. It goes on with the clips and the "
            "people it began with, and keeps out whom it kept out; give another --out to train on what came"
        )


def _people_kept_out(pinned: Pinned, now: dict[str, StoredClip]) -> set[str]:
    """Who is kept out, by the names that they bear now."""
    out = [clip for clip in pinned.clips if pinned.split.part_of(clip) in HELD_OUT]
    return {clip.subject for clip in out} | {now[clip.clip_id].subject for clip in out if clip.clip_id in now}


def _same(before: StoredClip, now: StoredClip | None) -> bool:
    """Whether a clip holds what it held."""
    return now is not None and (before.content, before.frames) == (now.content, now.frames)


def _words(values: Sequence[object]) -> str:
    return " ".join(map(str, values)) or "(none)"
