"""A small motion generator whose every weight counts, and conditions for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.model import MotionModel
from models.motion.presets import HeadPreset, MotionPreset
from models.motion.space import MotionSpace

SPACE = MotionSpace(dynamics=5, audio=7, emotion=3)
SMALL = MotionPreset("small", layers=2, width=32, heads=2, window=20, previous=4, dropout=0.0)
TWO = replace(SMALL, head=HeadPreset(layers=1, width=16, heads=2, sound=2, noise=0.5))
"""The same with a stream for the head."""
WINDOW, PREVIOUS, MOTION = SMALL.window, SMALL.previous, SPACE.motion

Network = TypeVar("Network", bound=nn.Module)


def awake(network: Network, seed: int = 0) -> Network:
    """The network with random weights throughout: as it is made, its last layer and its blocks are silent."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(0.2 * torch.randn(value.shape, generator=random))
    return network.eval().requires_grad_(False)


def motion_model(seed: int = 0) -> MotionModel:
    return awake(MotionModel(SMALL, SPACE), seed)


def conditions(count: int, seed: int = 0) -> Conditions:
    """Full windows of random numbers, of which nothing is empty."""
    random = torch.Generator().manual_seed(seed)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.randn(count, *shape, generator=random)

    yes = torch.ones(count, dtype=torch.bool)
    every = torch.ones(count, WINDOW, dtype=torch.bool)
    return Conditions(
        audio=numbers(WINDOW, SPACE.audio),
        has_audio=every,
        previous_motion=numbers(PREVIOUS, MOTION),
        previous_audio=numbers(PREVIOUS, SPACE.audio),
        has_previous=yes,
        gaze=numbers(2),
        has_gaze=yes,
        distance=numbers(1),
        has_distance=yes,
        emotion=numbers(SPACE.emotion),
        has_emotion=yes,
        frames=every,
    )


def noise(count: int, seed: int = 0) -> torch.Tensor:
    """[N, W, D]."""
    return torch.randn(count, WINDOW, MOTION, generator=torch.Generator().manual_seed(seed))


def padded(said: Conditions) -> Conditions:
    """The same, of windows of 20, 13 and 1 frames."""
    lengths = torch.tensor([WINDOW, 13, 1])[:, None]
    return replace(said, frames=torch.arange(WINDOW) < lengths)


def emptied(said: Conditions) -> Conditions:
    for name in CONDITIONS:
        said = said.without(name)
    return said


SAID: dict[str, Conditions] = {
    "all": conditions(3),
    "first window": conditions(3).without("previous"),
    "sound that ends": conditions(3).only_where("audio", torch.arange(WINDOW) < 12),
    "nothing": emptied(conditions(3)),
    "unlike": joined([conditions(1), conditions(1, 1).without("gaze"), conditions(1, 2).without("previous")]),
    "padding": padded(conditions(3)),
    "padding, first window": padded(conditions(3).without("previous")),
}
"""Batches of three windows by what is empty of them."""
