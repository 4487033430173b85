"""Catalogs with made-up clips, for the tests of the report."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import catalogs
from catalogs.schema import EMOTIONS, FAILED_REASONS, conform
from catalogs.staging import stage_span
from stages.clip import REASONS

FINGERPRINT = "0123456789abcdef"
RECIPE = {"profile": "open", "stages": {"quality": {"minimum": 30.0}}}
STAGES = ("survey", "probe", "speech", "screen", "track", "motion", "quality", "pose", "gaze", "distance", "emotion")
VERDICTS = (
    ("accepted", None),
    *(("rejected", reason) for reason in REASONS),
    *(("failed", reason) for reason in FAILED_REASONS),
)


def hexes(*parts: object) -> str:
    """32 hex digits made from any values."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def jpeg(seed: int, width: int = 48, height: int = 32, grain: int = 1) -> bytes:
    """A JPEG of noise in squares of `grain` pixels: the finer, the more bytes."""
    noise = np.random.default_rng(seed).integers(0, 255, (-(-height // grain), -(-width // grain), 3), np.uint8)
    image = noise.repeat(grain, 0).repeat(grain, 1)[:height, :width]
    return cv2.imencode(".jpg", image)[1].tobytes()


def clip(number: int, status: str = "accepted", reason: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of clips; those not accepted have only what early stages give."""
    random = np.random.default_rng(number)
    row = {
        "clip_id": hexes("clip", number),
        "content": hexes("content", number),
        "source_uri": f"/videos/clip_{number:05d}.mp4",
        "span_count": 1,
        "start_s": 0.0,
        "end_s": 4.0 + number % 5,
        "status": status,
        "reason": reason,
        "detail": None if status == "accepted" else f"what was measured on clip {number}",
        "speech_share": random.uniform(0, 1),
        "recipe": FINGERPRINT,
        "run_id": "run-1",
        "seconds": {"probe": 0.01, "speech": 0.02},
    }
    if status == "accepted":
        row |= {
            "subject_id": f"person-{number % 60:04d}",
            "quality": random.uniform(40, 90),
            "motion": 1.0,
            "distance": random.uniform(0.5, 2.5),
            "face_px": random.uniform(80, 300),
            "pitch": random.normal(0, 8),
            "yaw": random.normal(0, 12),
            "roll": random.normal(0, 4),
            "pose_delta": random.uniform(0.1, 1.0),
            "gaze_theta": random.normal(0, 8),
            "gaze_phi": random.normal(0, 6),
            "gaze_share": random.uniform(0.4, 1),
            "emotion": {name: None if name == "contempt" else random.uniform(0, 1) for name in EMOTIONS},
            "seconds": dict.fromkeys(STAGES, 0.01) | {"track": random.uniform(0.2, 1)},
        }
    return row | more


def run(**more: Any) -> dict[str, Any]:
    """A finished run."""
    return {
        "run_id": "run-1",
        "recipe": json.dumps(RECIPE),
        "fingerprint": FINGERPRINT,
        "versions": json.dumps({"python": "3.11"}),
        "weights": json.dumps(
            [{"name": "face_mesh", "file": "m.tflite", "sha256": "ab" * 32, "licence": "Apache-2.0"}]
        ),
        "machine": json.dumps({"cores": 2}),
        "started": datetime.datetime(2025, 1, 2, 3, 4, 5),
        "ended": datetime.datetime(2025, 1, 2, 3, 4, 25),
        "status": "finished",
        "listed": 10,
        "clips": 10,
        "accepted": 5,
        "rejected": 4,
        "failed": 1,
        "wall_seconds": 20.0,
        "video_seconds": 130.0,
        "command": "python jobs/extract.py --input videos --catalog catalog",
        **more,
    }


def build(
    root: Path,
    rows: Sequence[dict[str, Any]],
    runs: Iterable[dict[str, Any]] = (),
    sheet: bytes | None = None,
    face: bytes | None = None,
    gaze: bool = True,
) -> Path:
    """A catalog of `rows`, 500 to a span (so many sources); clips that did not fail get `sheet` and `face`."""
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for start in range(0, len(rows), 500):
            key = hexes("source", start)
            part = [{"source_key": key, "span_index": 0, **row} for row in rows[start : start + 500]]
            tables = {
                "clips": conform("clips", part),
                "latents": conform("latents", [_latents(row, gaze) for row in part if row["status"] == "accepted"]),
                "previews": conform(
                    "previews",
                    [
                        {
                            "clip_id": row["clip_id"],
                            "sheet": sheet,
                            "face": face if row["status"] == "accepted" else None,
                        }
                        for row in part
                        if row["status"] != "failed"
                    ],
                ),
            }
            stage_span(root, key, 0, tables)
        writer.commit()
        for row in runs:
            writer.put_run(row)
    return root


def _latents(row: dict[str, Any], gaze: bool) -> dict[str, Any]:
    frames = 8
    random = np.random.default_rng(int(row["clip_id"][:8], 16))
    return {
        "clip_id": row["clip_id"],
        "frames": frames,
        "pose": np.zeros((frames, 6)),
        "gaze": random.normal(0, 8, (frames, 2)) if gaze else None,
    }
