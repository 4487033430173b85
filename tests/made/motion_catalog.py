"""Catalogs with motion latents whose numbers tell clip and frame, for what reads windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catalogs import Writer
from catalogs.schema import conform
from catalogs.staging import stage_span
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, source_key

POSE, DYNAMICS, AUDIO = 6, 4, 3
"""Numbers a frame."""


@dataclass(frozen=True)
class MadeClip:
    """A clip of `frames` frames. audio, dynamics: numbers a frame, None: it has none. more: columns of table clips."""

    frames: int
    audio: int | None = AUDIO
    dynamics: int | None = DYNAMICS
    more: dict[str, Any] = field(default_factory=dict)


def pose(source: int, frames: int) -> np.ndarray:
    """[T, 6]: the source, the frame, and zeros."""
    return np.column_stack([np.full(frames, source), np.arange(frames), np.zeros((frames, POSE - 2))])


def dynamics(source: int, frames: int, width: int = DYNAMICS) -> np.ndarray:
    """[T, D]: 100 + the frame + the place."""
    return 100 + np.arange(frames)[:, None] + np.arange(width)[None]


def audio(source: int, frames: int, width: int = AUDIO) -> np.ndarray:
    """[T, A]: a thousandth of the source, and the frame from 1 on, then ones."""
    return np.column_stack([np.full(frames, source / 1000), 1 + np.arange(frames), np.ones((frames, width - 2))])


def motion_catalog(root: Path, clips: Sequence[MadeClip], recipe: Mapping[str, Any] = RECIPE) -> None:
    """Write a catalog of one clip a source, numbered from 0."""
    with Writer.open(root, recipe, FINGERPRINT) as writer:
        for source, clip in enumerate(clips):
            row = clip_row(source, frames=clip.frames, **clip.more)
            latents = {
                "clip_id": row["clip_id"],
                "frames": clip.frames,
                "pose": np.zeros((clip.frames, 6)),
                "gaze": np.zeros((clip.frames, 2)),
                "face_pose": pose(source, clip.frames) if clip.dynamics else None,
                "dynamics": dynamics(source, clip.frames, clip.dynamics) if clip.dynamics else None,
                "audio": audio(source, clip.frames, clip.audio) if clip.audio else None,
            }
            accepted = row["status"] == "accepted"
            tables = {
                "clips": conform("clips", [row]),
                "latents": conform("latents", [latents] if accepted else []),
                "previews": conform("previews", []),
            }
            stage_span(root, source_key(source), 0, tables)
        writer.commit()
