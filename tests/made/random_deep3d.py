"""Random weights in the format of Deep3DFaceRecon's epoch_20.pth: a network beside optimiser and schedule."""

from __future__ import annotations

from pathlib import Path

import torch

from models.landmarks.deep3d import ReconNet
from tests.made.random_resnet import Tensors, random_tensors


def tensors(seed: int = 0) -> Tensors:
    """Random tensors of the whole network by name; every head it sees stands before the camera at z = 10."""
    found = random_tensors(ReconNet, seed)
    return {name: 0.3 * value if name.startswith("final_layers") else value for name, value in found.items()}


def save(path: Path, network: Tensors) -> Path:
    """Tensors in the published nesting."""
    optimiser = {"state": {0: {"step": 7, "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
    schedule = {"step_size": 10, "gamma": 0.2, "last_epoch": 20, "_last_lr": [1e-4]}
    torch.save({"net_recon": network, "opt_00": optimiser, "sched_00": schedule}, path)
    return path


def write(path: Path, seed: int = 0) -> Path:
    """A whole file of random weights."""
    return save(path, tensors(seed))
