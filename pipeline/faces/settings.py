"""What a face training is: preset, length, batch, optimiser, what each loss weighs and when it begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, pi
from typing import Literal


@dataclass(frozen=True)
class LossWeights:
    """What each loss of pipeline/faces/losses.py counts; 0 leaves it out, and the plan says so.

    transfer and identity are the paper's own two.
    """

    reconstruction: float = 1.0
    dissimilarity: float = 0.25
    perceptual: float = 0.1
    gaze: float = 0.3
    landmarks: float = 2.0
    expression: float = 0.1
    transfer: float = 0.5
    identity: float = 0.1
    cycle: float = 0.02
    follow: float = 0.05
    adversarial: float = 0.01
    matching: float = 0.2


@dataclass(frozen=True)
class FaceTraining:
    """A training of the face latent model.

    steps: of the optimiser. units: of a step, over all workers; a unit is two clips of different subjects with two
    frames each. accumulate: parts in which a worker takes its share. rate: AdamW's, reached after `warm_up` steps, kept
    and, over the last `fall` of all steps, brought down to a twentieth along half a cosine; taught_rate: the share of
    it with which the encoder of z_dyn goes on learning; decay: of weights. clip: the gradient's largest norm. ema:
    decay of the averaged weights, which are what is kept. noise: standard deviation added to z_dyn.

    swaps: share of the steps after which the losses across poses and people begin; adversarial: likewise. every: a
    clip in so many takes part in those across poses, a unit in so many in those across people.

    reader_steps, reader_units: of the training of the frozen reader, then of z_dyn alone, before all else. precision:
    of the networks. kept_out: how many subjects are never trained on, for scores and for choices.
    """

    steps: int = 24_000
    units: int = 2
    accumulate: int = 1
    rate: float = 1e-3
    taught_rate: float = 0.2
    warm_up: int = 500
    fall: float = 0.4
    decay: float = 1e-2
    clip: float = 1.0
    ema: float = 0.999
    noise: float = 0.1
    swaps: float = 0.03
    adversarial: float = 0.7
    every: int = 4
    reader_steps: int = 4_000
    reader_units: int = 8
    precision: Literal["bf16", "fp32"] = "bf16"
    kept_out: tuple[int, int] = (9, 4)
    seed: int = 0
    weights: LossWeights = field(default_factory=LossWeights)

    def rate_at(self, step: int) -> float:
        """The learning rate of a step."""
        rise = min(1.0, (step + 1) / max(1, self.warm_up))
        fallen = max(0.0, 1 - (1 - step / self.steps) / self.fall) if self.fall else 0.0
        return self.rate * rise * (0.05 + 0.95 * (1 + cos(pi * min(1.0, fallen))) / 2)
