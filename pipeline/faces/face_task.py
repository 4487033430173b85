"""The training of a face model as a task of the training core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from catalogs import storage
from models.face import losses
from models.face.checkpoint import save_model
from models.face.discriminator import Discriminator
from models.face.model import FaceModel
from models.face.rigid import aligned_mouths
from pipeline.faces.batches import FrameBatch, drawn_batch
from pipeline.faces.driving import Drive
from pipeline.faces.objective import LossNetworks, Objective, loss_table
from pipeline.faces.rates import encoders, groups
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training_clips import TrainingClips
from pipeline.faces.watch import Watch
from pipeline.training.optimisation import Group, Optimisation, WarmUpThenDecay
from pipeline.training.task import Outcome, Views


def optimisation(training: FaceTraining) -> Optimisation:
    """What the settings say of it."""
    return Optimisation(
        steps=training.steps,
        lr=training.lr,
        schedule=WarmUpThenDecay(training.warm_up, training.decay_fraction),
        weight_decay=training.decay,
        clip=training.clip,
        ema=training.ema,
        accumulate=training.accumulate,
        precision=training.precision,
        seed=training.seed,
    )


@dataclass(frozen=True)
class FaceTask:
    """Frames of clips in pairs, each to be drawn in the other's motion.

    model: with its first weights. networks: the frozen ones. data: what is learned from, for `Task.saw`. preview_of:
    makes what is looked at, on worker 0. check: called between the clips of a look. out: the model's file. taught:
    whether the clips' expression space is what its z_dyn was taught, which the file then says.
    """

    training: FaceTraining
    model: FaceModel
    networks: LossNetworks
    clips: TrainingClips
    data: Mapping[str, Any]
    watch_of: Callable[[], Watch]
    check: Callable[[], None]
    out: Path
    taught: bool = True

    name = ""

    @property
    def optimisation(self) -> Optimisation:
        return optimisation(self.training)

    @property
    def weights(self) -> dict[str, float]:
        return {name: spec.weight for name, spec in loss_table(self.training).items()}

    @cached_property
    def adversary(self) -> FaceAdversary | None:
        """None where what it says counts nothing."""
        weights, training = self.training.weights, self.training
        if not (weights.adversarial > 0 or weights.matching > 0):
            return None
        return FaceAdversary(self.model.preset.size, loss_table(training)["adversarial"].start)

    def module(self) -> Objective:
        if self.training.learns == "drawing":
            for part in encoders(self.model):
                part.eval().requires_grad_(False)  # statistics of batches stay as they are too
        return Objective(self.model, self.training, torch.from_numpy(self.clips.space.share))

    def groups(self, module: nn.Module) -> list[Group]:
        return groups(self.model, self.training)

    def draw(self, step: int, rank: int, world: int) -> list[FrameBatch]:
        """This worker's part of a step's units, in the parts in which it takes them."""
        training = self.training
        units = self.clips.sampler.units(step, training.units)
        size = training.units // world // training.accumulate
        starts = [(rank * training.accumulate + part) * size for part in range(training.accumulate)]
        side = self.model.preset.face
        drawn = [drawn_batch(self.clips, units[start : start + size], side, training.seed) for start in starts]
        return [replace(each, noise=self._noise(step, each.numbers)) for each in drawn]

    def losses(self, module: nn.Module, batch: FrameBatch, step: int) -> Outcome:
        found = module(batch, self.networks, step)
        return Outcome(found.losses, (found.pictures, found.mouths))

    def preview(self, average: nn.Module) -> tuple[dict[str, float], np.ndarray]:
        assert isinstance(average, Objective)
        return self._watch.look(Drive(average.model, next(average.parameters()).device), self.check)

    def save(self, average: nn.Module, card: Mapping[str, Any]) -> None:
        assert isinstance(average, Objective)
        with storage.put_alone(self.out) as draft:
            save_model(average.model, card, draft, self.clips.space.arrays() if self.taught else None)

    def saw(self) -> dict[str, Any]:
        return dict(self.data)

    def settings(self) -> dict[str, Any]:
        return asdict(self.training)

    @cached_property
    def _watch(self) -> Watch:
        return self.watch_of()

    def _noise(self, step: int, numbers: Sequence[int]) -> torch.Tensor:
        """Normal numbers [N, Z] that a clip's number and the step decide, wherever it is worked on."""
        length, seed = self.model.preset.dynamics, self.training.seed
        drawn = [
            np.random.default_rng((seed, step, number, 2)).standard_normal((2, length), np.float32)
            for number in numbers
        ]
        return torch.from_numpy(np.stack(drawn, 1).reshape(2 * len(numbers), length))


@dataclass(frozen=True)
class FaceAdversary:
    """The discriminator of pictures [N, 3, S, S] of people driven by whomever, and of their mouths [N, 3, M, M], from
    step `start` on.

    size: of the preset.
    """

    size: int
    start: int

    def module(self) -> Discriminator:
        return Discriminator(self.size)

    def real(self, batch: FrameBatch) -> tuple[torch.Tensor, torch.Tensor]:
        """Each frame's partner, which is what it is driven to become."""
        half = len(batch.detailed) // 2
        pictures = batch.detailed.roll(half, 0)
        return pictures, aligned_mouths(pictures, batch.pose.roll(half, 0))

    def hinge(self, module: nn.Module, real: Views, made: Views) -> torch.Tensor:
        return losses.hinge(*([scale[-1] for scale in module(*views)] for views in (real, made)))

    def losses(self, module: nn.Module, real: Views, made: Views) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            wanted = module(*real)
        found = module(*made)
        adversarial = losses.adversarial([scale[-1] for scale in found])
        # of people driven by others, who come last, there is no true picture
        matched = [[layer[: len(real[0])] for layer in scale] for scale in found]
        return {"adversarial": adversarial, "matching": losses.matching(matched, wanted)}
