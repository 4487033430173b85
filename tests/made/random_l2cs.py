"""L2CS-Net's published file with random weights."""

from __future__ import annotations

from pathlib import Path

import torch

from models.gaze.l2cs import L2CSNet
from tests.made.random_resnet import random_tensors


def write(path: Path, seed: int = 0) -> Path:
    """L2CSNet_gaze360.pkl: a state dict. Bins near the middle win, so its angles are those of people who face us."""
    tensors = random_tensors(L2CSNet, seed)
    for head in ("fc_yaw_gaze", "fc_pitch_gaze"):
        tensors[f"{head}.bias"] -= ((torch.arange(90) - 45) / 4.0) ** 2 / 2
    torch.save(tensors, path)
    return path
