"""Which device a network runs on."""

from __future__ import annotations

import os

import torch

CPU = torch.device("cpu")

TOLD = "VASARI_DEVICE"
"""The setting that decides."""


def device() -> torch.device:
    """The first GPU this process may use, else the CPU; VASARI_DEVICE=cpu (or cuda:1, ...) decides instead.

    In a Ray actor that asked for a GPU, Ray shows the process its own one alone, so the first is the right one.
    """
    told = os.environ.get(TOLD)
    if told:
        return torch.device(told)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of the CPU on `device`; to a GPU from pinned memory, without waiting for the copy."""
    return (tensor.pin_memory() if device.type == "cuda" else tensor).to(device, non_blocking=True)
