"""The training of the motion generator as a task of the training core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from catalogs import storage
from catalogs.windows import WindowReader
from models.motion import losses
from models.motion.checkpoint import save_model
from models.motion.conditions import Conditions
from models.motion.dropout import ConditionDropout
from models.motion.model import MotionModel
from models.motion.presets import MotionPreset
from models.motion.schedule import CosineSchedule
from models.motion.space import MotionSpace
from models.motion.statistics import Statistics
from models.runtime.device import moved
from pipeline.motion.examples import standardised
from pipeline.motion.settings import MotionTraining
from pipeline.training.optimisation import Group, Optimisation, WarmUpThenDecay
from pipeline.training.task import Outcome, Quiet

Look = Callable[[MotionModel], dict[str, float]]


@dataclass(frozen=True)
class MotionBatch:
    """x0, noisy [N, W, D]: a standardised motion, and what is left of it at step t [N] of the diffusion. conditions:
    those that are left of it. seed: of what the network draws by itself, such as its dropout."""

    x0: torch.Tensor
    noisy: torch.Tensor
    t: torch.Tensor
    conditions: Conditions
    seed: int

    def to(self, device: torch.device) -> MotionBatch:
        """The same on a device."""
        x0, noisy, t = (moved(each, device) for each in (self.x0, self.noisy, self.t))
        return MotionBatch(x0, noisy, t, self.conditions.to(device), self.seed)


@dataclass(frozen=True)
class MotionTask(Quiet):
    """Windows of motion, to be found again from what noise leaves of them, and from their conditions.

    statistics: of the windows of `train`, on the CPU. data: what is learned from, for `Task.saw`. look: figures of
    people who are not learned from. out: the model's file, None: none is written.
    """

    training: MotionTraining
    preset: MotionPreset
    space: MotionSpace
    statistics: Statistics
    train: WindowReader
    data: Mapping[str, Any] = field(default_factory=dict)
    look: Look = lambda model: {}
    out: Path | None = None

    name = ""

    @property
    def optimisation(self) -> Optimisation:
        training = self.training
        return Optimisation(
            steps=training.steps,
            lr=training.lr,
            schedule=WarmUpThenDecay(training.warm_up, training.decay_fraction),
            weight_decay=training.decay,
            clip=training.clip,
            ema=training.ema,
            precision=training.precision,
            seed=training.seed,
        )

    @property
    def weights(self) -> dict[str, float]:
        return asdict(self.training.weights)

    def module(self) -> MotionModel:
        torch.manual_seed(self.training.seed)
        model = MotionModel(self.preset, self.space)
        model.statistics.load_state_dict(self.statistics.state_dict())
        return model

    def groups(self, module: nn.Module) -> list[Group]:
        return [Group(list(module.parameters()))]

    def draw(self, step: int, rank: int, world: int) -> list[MotionBatch]:
        training = self.training
        windows = self.train.draw(step, rank, world, training.batch // world)
        x0, conditions = standardised(windows, self.statistics, self.preset.previous)
        own, networks = np.random.SeedSequence((training.seed, step, rank)).generate_state(2).tolist()
        random = torch.Generator().manual_seed(own)
        dropped = ConditionDropout(**asdict(training.dropped))
        conditions = self._heard_badly(dropped(conditions, random), random)
        t = torch.randint(1, self.preset.steps + 1, (len(x0),), generator=random)
        noise = torch.randn(x0.shape, generator=random)
        return [MotionBatch(x0, CosineSchedule(self.preset.steps).noised(x0, noise, t), t, conditions, networks)]

    def losses(self, module: nn.Module, batch: MotionBatch, step: int) -> Outcome:
        torch.manual_seed(batch.seed)  # a training that goes on drops out what it would have
        found = module(batch.noisy, batch.t, batch.conditions).float()
        return Outcome(motion_losses(found, batch.x0, batch.conditions, self.statistics, self.space, self.training))

    def preview(self, average: nn.Module) -> tuple[dict[str, float], None]:
        assert isinstance(average, MotionModel)
        return self.look(average), None

    def save(self, average: nn.Module, card: Mapping[str, Any]) -> None:
        assert isinstance(average, MotionModel)
        if self.out is not None:
            with storage.put_alone(self.out) as draft:
                save_model(average, card, draft)

    def saw(self) -> dict[str, Any]:
        return dict(self.data)

    def settings(self) -> dict[str, Any]:
        return asdict(self.training)

    def _heard_badly(self, conditions: Conditions, random: torch.Generator) -> Conditions:
        """Noise on A and A_pre."""
        deviation = self.training.audio_noise
        audio, before = (
            each + deviation * torch.randn(each.shape, generator=random)
            for each in (conditions.audio, conditions.previous_audio)
        )
        return replace(conditions, audio=audio, previous_audio=before)


def motion_losses(
    found: torch.Tensor,
    x0: torch.Tensor,
    conditions: Conditions,
    statistics: Statistics,
    space: MotionSpace,
    training: MotionTraining,
) -> dict[str, torch.Tensor]:
    """The losses of models/motion/losses.py by name, of x0 [N, W, D] as it was found."""
    frames, deviation = conditions.frames, statistics.motion.velocity.to(found)
    counts = losses.leading(space, training.leading).to(found)
    before, first = conditions.has_previous, training.first
    return {
        "reconstruction": losses.reconstruction(found, x0, frames, counts),
        "velocity": losses.velocity(found, x0, frames, before, deviation, first, counts),
    }
