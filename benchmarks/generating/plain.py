"""The sampler's steps as Eq. 2 of VASA-1 reads: the training's forward for each branch, at each step anew."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from models.motion.conditions import Conditions, joined
from models.motion.guidance import Guidance
from models.motion.network import MotionTransformer
from models.motion.sampler import Predictor

GUIDANCE = Guidance()


def one_by_one(network: MotionTransformer, said: Conditions, times: Sequence[int]) -> Predictor:
    """Three forwards: under all conditions, without sound, without gaze."""
    branches = (said, said.without("audio"), said.without("gaze"))

    def predict(x: torch.Tensor, step: int) -> torch.Tensor:
        return _driven(*(network(x, torch.tensor([times[step]]), branch) for branch in branches))

    return predict


def in_one_batch(network: MotionTransformer, said: Conditions, times: Sequence[int]) -> Predictor:
    """The same three as one."""
    branches = joined([said, said.without("audio"), said.without("gaze")])

    def predict(x: torch.Tensor, step: int) -> torch.Tensor:
        return _driven(*network(x.repeat(3, 1, 1), torch.tensor(3 * [times[step]]), branches).chunk(3))

    return predict


def _driven(full: torch.Tensor, mute: torch.Tensor, blind: torch.Tensor) -> torch.Tensor:
    return full + GUIDANCE.audio * (full - mute) + GUIDANCE.gaze * (full - blind)
