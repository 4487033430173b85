"""The chain a researcher would write: one script per step over the folder, each decoding the video again.

`alone`: every script stands alone, as the published tools for gaze, emotion, pose, quality and identity do: it decodes
the video and finds the face itself. `sharing`: a kinder chain, whose tracking script saves landmarks for the later
ones, so that they only decode and cut again. In both, clips that a script rejects are left out by the next, and every
script runs one process per core.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clips import clip_of
from benchmarks.pool import timed
from models.runtime.image import cut
from pipeline.extraction.clip_runner import ClipRunner
from pipeline.extraction.recipe import open_profile
from stages.clip import Clip, Reject, Track
from stages.tracking.patches import native_patch

SCRIPTS = (
    ("probe", "speech"),
    ("screen",),
    ("track",),
    ("pose", "distance"),
    ("quality",),
    ("gaze",),
    ("emotion",),
    ("identity",),
    ("audio",),
)
ALONE = (
    ("probe", "speech"),
    ("screen",),
    ("track", "quality"),
    ("track", "pose", "distance"),
    ("track", "gaze"),
    ("track", "emotion"),
    ("track", "identity"),
    ("probe", "audio"),
)
_NEEDS_FRAMES = {"quality", "gaze", "emotion", "identity"}


def alone(paths: Sequence[str], cores: int) -> tuple[float, int]:
    """(seconds of all stand-alone scripts from start to end, clips accepted)."""
    total, left = 0.0, list(paths)
    for script in ALONE:
        opening, working, kept = timed(partial(_open_alone, script), left, cores)
        total += opening + working
        left = [path for path, keep in zip(left, kept, strict=True) if keep]
    return total, len(left)


def _open_alone(names: tuple[str, ...]) -> Callable[[str], bool]:
    judge = ClipRunner([stage for stage in open_profile() if stage.name in names])

    def step(path: str) -> bool:
        return any(
            verdict.status == "accepted"
            for verdict in judge(clip_of(path, sound=bool({"speech", "audio"} & set(names))))
        )

    return step


def sharing(paths: Sequence[str], cores: int) -> tuple[float, int]:
    """(seconds of all scripts that share landmarks from start to end, clips accepted)."""
    total, left = 0.0, list(paths)
    with tempfile.TemporaryDirectory() as folder:
        for script in SCRIPTS:
            opening, working, kept = timed(partial(_open, script, folder), left, cores)
            total += opening + working
            left = [path for path, keep in zip(left, kept, strict=True) if keep]
    return total, len(left)


def _open(names: tuple[str, ...], folder: str) -> Callable[[str], bool]:
    runners = {stage.name: stage.open() for stage in open_profile() if stage.name in names}

    def step(path: str) -> bool:
        saved = Path(folder) / f"{Path(path).stem}.pkl"
        clip = clip_of(path, sound="speech" in names or "audio" in names)
        if saved.exists():
            kept: dict[str, Any] = pickle.loads(saved.read_bytes())
            clip = replace(clip, columns=kept["columns"], arrays=kept["arrays"])
            if "track" in kept:
                clip = replace(clip, track=_again(clip, kept["track"], frames=bool(_NEEDS_FRAMES & set(names))))
        for run in runners.values():
            outcome = run(clip)
            if isinstance(outcome, Reject):
                return False
            clip = outcome
        track = None if clip.track is None else replace(clip.track, crops=np.empty(0), patches=())
        kept = {"columns": dict(clip.columns), "arrays": dict(clip.arrays)}
        if track is not None:
            kept["track"] = track
        saved.write_bytes(pickle.dumps(kept))
        return True

    return step


def _again(clip: Clip, track: Track, frames: bool) -> Track:
    """The track with its pictures, decoded once more and cut where the tracking script found the face."""
    if not frames:
        return track
    count = len(track.times)
    crops = np.empty((count, 256, 256, 3), np.uint8)
    patches = []
    for frame in clip.frames:
        if frame.index >= count:
            break
        crops[frame.index] = cut(frame.image, track.crop_matrix[frame.index], 256)
        if frame.index % 12 == 0:
            patches.append(native_patch(frame.index, frame.image, track.landmarks[frame.index]))
    return replace(track, crops=crops, patches=tuple(patches))
