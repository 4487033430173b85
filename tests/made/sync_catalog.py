"""Catalogs of people whose faces follow their sound, without a video: what a sync training reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalogs import Writer
from catalogs.schema import conform
from catalogs.staging import stage_span
from tests.made.sample_spans import FINGERPRINT, clip_row, source_key

RECIPE = {"stages": {"audio": {"variant": "whisper"}, "latents": {"variant": "face"}}}
AUDIO, DYNAMICS = 8, 20
"""Numbers a frame."""


@dataclass(frozen=True)
class Spoken:
    """A clip of a person. late: by how many frames its sound is. speech: the share of it. frames: its length."""

    who: int
    late: int = 0
    speech: float = 0.8
    frames: int = 90


def sync_catalog(root: Path, clips: Sequence[Spoken]) -> None:
    """Write a catalog of one clip a source, numbered from 0; z_dyn is the same linear map of everybody's sound."""
    law = np.random.default_rng(99).normal(size=(AUDIO, DYNAMICS))
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source, clip in enumerate(clips):
            random, count = np.random.default_rng(source), clip.frames
            sound = random.normal(size=(count + 40, AUDIO))
            row = clip_row(source, frames=count, subject_id=f"person {clip.who}", speech_share=clip.speech)
            latents = {
                "clip_id": row["clip_id"],
                "frames": count,
                "pose": np.zeros((count, 6)),
                "gaze": np.zeros((count, 2)),
                "face_pose": np.zeros((count, 6)),
                "dynamics": sound[20 : 20 + count] @ law + random.normal(size=(count, DYNAMICS)),
                "audio": sound[20 - clip.late : 20 - clip.late + count],
            }
            tables = {
                "clips": conform("clips", [row]),
                "latents": conform("latents", [latents]),
                "previews": conform("previews", []),
            }
            stage_span(root, source_key(source), 0, tables)
        writer.commit()
