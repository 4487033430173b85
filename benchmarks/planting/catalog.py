"""Catalogs of planted clips, written as every catalog is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.planting.law import PlantedClip, planted_clip
from catalogs import Writer
from catalogs.schema import EMOTIONS, conform
from catalogs.staging import stage_span

RECIPE = {"stages": {name: {"variant": "planted"} for name in ("latents", "audio")}}
FINGERPRINT = "planted"
RUN = {"run_id": "planted", "recipe": FINGERPRINT}


def planted_clips(people: int, frames: int, seed: int = 0) -> list[PlantedClip]:
    """A clip of each."""
    return [planted_clip(np.random.default_rng((seed, person)), frames) for person in range(people)]


def write_planted(catalog: Path, clips: Sequence[PlantedClip]) -> None:
    """A catalog of these clips, each of a person of its own."""
    with Writer.open(catalog, RECIPE, FINGERPRINT) as writer:
        key = f"{0:032x}"
        rows = [_row(number, key, clip) for number, clip in enumerate(clips)]
        latents = [
            {
                "clip_id": row["clip_id"],
                "frames": row["frames"],
                "face_pose": clip.pose,
                "dynamics": clip.dynamics,
                "audio": clip.audio,
            }
            for row, clip in zip(rows, clips, strict=True)
        ]
        tables = {"clips": rows, "latents": latents, "previews": []}
        stage_span(catalog, key, 0, {name: conform(name, each) for name, each in tables.items()})
        writer.commit()


def emotion(happiness: float) -> tuple[float, ...]:
    """Coefficients in the catalog's order."""
    said = {"happiness": happiness, "neutral": 1 - happiness}
    return tuple(said.get(name, 0.0) for name in EMOTIONS)


def _row(number: int, key: str, clip: PlantedClip) -> dict[str, Any]:
    theta, phi = clip.told.gaze
    return {
        "clip_id": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{number:016x}",
        "content": f"{number:032x}",
        "source_uri": f"/planted/{number}.mp4",
        "source_key": key,
        "subject_id": f"person_{number}",
        "span_index": 0,
        "span_count": 1,
        "start_s": 0.0,
        "end_s": len(clip.pose) / 25,
        "status": "accepted",
        "frames": len(clip.pose),
        "speech_share": 1.0,
        "gaze_theta": theta,
        "gaze_phi": phi,
        "distance": clip.told.distance,
        "emotion": dict(zip(EMOTIONS, emotion(clip.told.happiness), strict=True)),
        **RUN,
    }
