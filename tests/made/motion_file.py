"""A motion generator whose weights mean nothing, as a file that moves latents of the project's own face model."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch

from models.motion.checkpoint import save_model
from models.motion.model import MotionModel
from models.motion.presets import MotionPreset
from models.motion.space import POSE, MotionSpace
from models.weights.registry import REGISTRY
from tests.made.motion import awake

SMALL = MotionPreset("small", layers=1, width=16, heads=2, window=20, previous=4, dropout=0.0)
WHISPER = {"variant": "whisper", "version": 1, "chunk_s": 28.0, "overlap_s": 4.0, "width": 384}
MEAN_POSE = (-4.0, 2.0, 0.5, 0.01, 0.02, 1.05)
MEAN_GAZE = (3.0, -1.0)


def recipe() -> dict[str, Any]:
    return {"latents": {"sha256": REGISTRY["face_tiny"].known_as}, "audio": WHISPER}


@cache
def motion_model(still: bool = False) -> MotionModel:
    """Random in every weight, of data like that of real people; still: it always says their mean."""
    model = MotionModel(SMALL, MotionSpace(dynamics=32, audio=384, emotion=8))
    if not still:
        awake(model)
    statistics = model.statistics
    statistics.motion.mean[:POSE] = torch.tensor(MEAN_POSE)
    statistics.motion.deviation.fill_(0.02)
    statistics.motion.deviation[:3] = 1.0
    statistics.motion.deviation[POSE:] = 0.3
    statistics.gaze.mean[:] = torch.tensor(MEAN_GAZE)
    return model.eval().requires_grad_(False)


def write(path: Path, still: bool = False, **said: Any) -> Path:
    """The file; its folder must be there. said: of its recipe, in place of what it has."""
    save_model(motion_model(still), {**recipe(), **said}, path)
    return path
