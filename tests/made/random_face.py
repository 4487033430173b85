"""A face model whose weights mean nothing, as a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from models.face.checkpoint import save_model
from models.face.model import FaceModel
from models.face.presets import PRESETS

_NOISE = 0.02


@cache
def random_model(preset: str = "tiny") -> FaceModel:
    """Numbers in the file's precision; layers that begin without effect, such as modulations, have some."""
    torch.manual_seed(0)
    model = FaceModel(PRESETS[preset]).eval().requires_grad_(False)
    for value in model.parameters():
        value.copy_((value + _NOISE * torch.randn_like(value)).half().float())
    return model


def write(path: Path, preset: str = "tiny") -> Path:
    """The file; its folder must be there."""
    recipe = {
        "clips": [["nobody.mp4", 32 * "f"]],
        "content": ["hash of nobody"],
        "held_out": {"test": [], "validation": []},
        "test_subjects": [],
        "validation_subjects": [],
    }
    save_model(random_model(preset), recipe, path)
    return path
