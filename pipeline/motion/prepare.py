"""What a training of motion has before its first step: windows of people trained on and of others, and statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from catalogs import view
from catalogs.errors import NoWindows
from catalogs.local_copy import OnProgress, unheard
from catalogs.manifest import Commit
from catalogs.place import locate
from catalogs.windows import WindowReader, open_windows
from models.motion.presets import MotionPreset
from models.motion.space import MotionSpace
from models.motion.statistics import Statistics
from pipeline.errors import UsageError
from pipeline.motion.clips import MotionClip, asked_of_clips, motion_clips
from pipeline.motion.settings import MotionTraining
from pipeline.text import file_name
from pipeline.training.split import Split, split_of

HELD_OUT = ("test", "validation")
"""Parts of the split that are kept out."""
_MOST = 2_000
"""Clips that statistics are taken of at most, spread over all."""


@dataclass(frozen=True)
class MotionData:
    """train, validation: windows of people who are trained on, and of those kept out for choices; None without such.
    clips: by part, train, test, validation and skipped. latents, audio: the recipe's stages that made them, JSON-ready,
    and `width`, numbers of a frame."""

    train: WindowReader
    validation: WindowReader | None
    clips: Mapping[str, Sequence[MotionClip]]
    split: Split
    commit: Commit
    latents: Mapping[str, Any]
    audio: Mapping[str, Any]

    @property
    def space(self) -> MotionSpace:
        """Numbers of a frame."""
        clips = self.train.clips
        return MotionSpace(clips.widths["dynamics"], clips.widths["audio"], clips.labels["emotion"].shape[1])

    def seen(self) -> dict[str, Any]:
        """JSON-ready: the clips trained on and those kept out, as (file name, clip_id) and by their files' hashes;
        whose latents and which features of sound they are of."""
        drawn = set(map(bytes.decode, self.train.clips.clip_id.tolist()))
        trained = [clip for clip in self.clips["train"] if clip.clip_id in drawn]
        return {
            "clips": sorted([file_name(clip.source_uri), clip.clip_id] for clip in trained),
            "content": sorted({clip.content for clip in trained}),
            "held_out": {
                part: sorted([file_name(clip.source_uri), clip.clip_id, clip.content] for clip in self.clips[part])
                for part in HELD_OUT
            },
            "catalog": asdict(self.commit),
            "test_subjects": list(self.split.test),
            "validation_subjects": list(self.split.validation),
            "latents": dict(self.latents),
            "audio": dict(self.audio),
        }


def opened(
    catalog: str,
    where: str,
    training: MotionTraining,
    preset: MotionPreset,
    cache: Path | None = None,
    on_progress: OnProgress = unheard,
) -> MotionData:
    """The catalog's windows for a training; the first time its latents are copied, into `cache` (`open_windows`).

    UsageError: no clip, too few people or no sound to learn from; or the catalog changes meanwhile. NoWindows and the
    errors of `catalogs.open`.
    """
    state = view.newest(locate(catalog))
    asked = asked_of_clips(where, training)
    found = motion_clips(catalog, asked)
    split = split_of(found, *training.held_out_subjects, training.skip)
    clips: dict[str, list[MotionClip]] = {part: [] for part in ("train", *HELD_OUT, "skipped")}
    for clip in found:
        clips[split.part_of(clip)].append(clip)

    def windows(chosen: str) -> WindowReader:
        sql = f"{asked} AND {chosen}"
        return open_windows(
            catalog, sql, preset.window, preset.previous, training.seed, cache=cache, on_progress=on_progress
        )

    skipped = _within("clip_id", [clip.clip_id for clip in clips["skipped"]])
    kept_out = _within(_SUBJECT, [*split.test, *split.validation])
    train = windows(f"NOT {kept_out} AND NOT {skipped}")
    validation = _if_any(lambda: windows(_within(_SUBJECT, split.validation)))
    if {reader.commit for reader in (train, validation) if reader is not None} != {state.commit}:
        raise UsageError(f"{catalog} changed while it was being opened: run the command again")
    if not train.clips.widths["audio"]:
        raise UsageError(f"{catalog} has no features of sound: extract it with stage audio")
    stages = state.recipe.get("stages") or {}
    made_by = {name: {**stages.get(name, {}), "width": width} for name, width in _widths(train).items()}
    return MotionData(train, validation, clips, split, state.commit, made_by["latents"], made_by["audio"])


def fitted(space: MotionSpace, reader: WindowReader) -> Statistics:
    """Statistics of a reader's clips: of their frames, and of what is said of each clip."""
    clips = reader.clips
    statistics = Statistics(space)
    statistics.motion.fit(torch.cat([batch.pose[0], batch.dynamics[0]], 1) for batch in _some(reader))
    statistics.audio.fit(batch.audio[0] for batch in _some(reader, clips.known["audio"]))
    for name, values in clips.labels.items():
        known = values[clips.known[name]]
        if len(known):
            getattr(statistics, name).fit([torch.from_numpy(known)])
    return statistics.requires_grad_(False)


_SUBJECT = "coalesce(subject_id, clip_id)"


def _within(column: str, values: Iterable[str]) -> str:
    """SQL: whether a column is one of these texts."""
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({listed})" if listed else "(false)"


def _if_any(windows: Callable[[], WindowReader]) -> WindowReader | None:
    try:
        return windows()
    except NoWindows:
        return None


def _widths(reader: WindowReader) -> dict[str, int]:
    return {"latents": reader.clips.widths["dynamics"], "audio": reader.clips.widths["audio"]}


def _some(reader: WindowReader, known: np.ndarray | None = None) -> Iterator[Any]:
    """Whole clips of a reader, those that are `known` [C]."""
    places = np.arange(len(reader.clips)) if known is None else np.flatnonzero(known)
    chosen = np.unique(np.linspace(0, len(places) - 1, min(_MOST, len(places))).astype(int))
    return (reader.whole(int(places[place])) for place in chosen)
