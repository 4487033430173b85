"""HyperIQA's published file with random weights."""

from __future__ import annotations

from pathlib import Path

import torch

from models.quality.hyperiqa import HyperNet
from tests.made.random_resnet import random_tensors


def write(path: Path, seed: int = 0) -> Path:
    """koniq_pretrained.pkl: a state dict in PyTorch's format of before 1.6. Its scores lie around 60."""
    tensors = random_tensors(HyperNet, seed)
    tensors["fc5w_fc.weight"] *= 4.0
    tensors["fc5b_fc.weight"] *= 4.0
    tensors["fc5b_fc.bias"] += 60.0
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    return path
