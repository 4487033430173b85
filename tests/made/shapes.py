"""What networks give for what shapes, without computing anything."""

from __future__ import annotations

import torch

from models.face.model import FaceModel, Motion
from models.face.presets import Preset


def on_nothing(preset: Preset) -> FaceModel:
    """The model without memory for its weights."""
    with torch.device("meta"):
        return FaceModel(preset).to("meta")


def empty(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


def motion(preset: Preset, count: int) -> Motion:
    return Motion(empty(count, 6), empty(count, preset.dynamics))


def parameters(module: torch.nn.Module) -> int:
    return sum(value.numel() for value in module.parameters())
