"""The rule by which `golden/networks.json` fills reference networks and their inputs; the file states it in words."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

INPUTS = {
    "hyperiqa": (2, 3, 224, 224),
    "syncnet_audio": (2, 1, 13, 20),
    "syncnet_video": (2, 3, 5, 224, 224),
    "l2cs": (2, 3, 448, 448),
    "deep3d": (2, 3, 224, 224),
}


def fill(net: nn.Module) -> None:
    """Give `net` the rule's weights, in place; its counters stay as they are."""
    rng = np.random.default_rng(0)
    state = net.state_dict()
    for name in sorted(state):
        if state[name].is_floating_point():
            noise = rng.standard_normal(tuple(state[name].shape), dtype=np.float32)
            state[name].copy_(torch.from_numpy(_value(name, noise)))


def given(name: str) -> np.ndarray:
    """The rule's input for the network of that name: all come from one stream of numbers, in the order of INPUTS."""
    rng = np.random.default_rng(1)
    for each, shape in INPUTS.items():
        values = rng.standard_normal(shape, dtype=np.float32)
        if each == name:
            return values
    raise KeyError(f"no input {name!r}; there are {', '.join(INPUTS)}")


def _value(name: str, noise: np.ndarray) -> np.ndarray:
    if name.endswith("running_var"):
        return 1 + 0.1 * np.abs(noise)
    if noise.ndim > 1:
        return np.asarray(noise / np.sqrt(np.prod(noise.shape[1:])), np.float32)
    if name.endswith(("running_mean", "bias")):
        return 0.01 * noise
    return 1 + 0.1 * noise
