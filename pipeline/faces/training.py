"""The training of a face model in one process: its state, one step of it, and how it is kept and taken up again."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import distributed, nn

from models.face import losses
from models.face.discriminator import Discriminator
from models.face.model import FaceModel
from models.runtime.precision import working_in
from pipeline.faces.batches import Batch
from pipeline.faces.objective import Found, Judges, Objective, Whole, true_features, whole_of
from pipeline.faces.rates import groups
from pipeline.faces.settings import FaceTraining
from pipeline.training.finite import Finite

Wrap = Callable[[nn.Module], nn.Module]
"""What makes a module average its gradients over workers."""


class Trainer:
    """Everything that changes while a face model is trained: what learns, its average, both optimisers, the step."""

    def __init__(
        self,
        training: FaceTraining,
        model: FaceModel,
        judges: Judges,
        share: torch.Tensor,
        device: torch.device,
        wrap: Wrap = lambda module: module,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        """tell: hears of steps that are left out."""
        self._training, self.device = training, device
        self.average = copy.deepcopy(model).to(device).eval().requires_grad_(False)
        self._judges = judges.to(device)
        objective = Objective(model, training, share).to(device)
        critic = Discriminator(model.preset.size).to(device)
        self.model = objective.model
        self._objective, self._critic = wrap(objective), wrap(critic)
        self._parts = {"objective": objective, "critic": critic, "average": self.average}
        self._optimiser = _optimiser(groups(model, training), training)
        self._critic_optimiser = _optimiser([{"params": list(critic.parameters()), "share": 1.0}], training)
        self._finite = Finite(tell)
        self.step = 0

    @property
    def left_out(self) -> int:
        """Steps whose gradient was not finite."""
        return self._finite.left_out

    def learn(self, batches: Iterable[Batch]) -> dict[str, float]:
        """One step on this worker's share of its units, in `accumulate` batches; the losses it saw, by name.

        A step whose gradients are not all finite changes nothing but which step is the next, and gives no losses.
        FloatingPointError: too many of them in a row (`Finite`).
        """
        training = self._training
        self._set_rate(training.rate_at(self.step))
        seen: dict[str, float] = {}
        parts = [batch.to(self.device) for batch in batches]
        self._optimiser.zero_grad(set_to_none=True)
        self._critic_optimiser.zero_grad(set_to_none=True)
        with self._precision():
            real = [true_features(batch, self._judges.reader) for batch in parts]
        whole = _averaged([whole_of(*each) for each in zip(parts, real, strict=True)])
        for place, batch in enumerate(parts):
            with self._waiting(place + 1 < len(parts)):
                for name, value in self._backward(batch, real[place], whole, 1 / len(parts)).items():
                    seen[name] = seen.get(name, 0.0) + value / len(parts)
        learning = {"model": (self._objective, self._optimiser)}
        if self._has_critic:
            learning["discriminator"] = (self._critic, self._critic_optimiser)
        # workers have the same gradients, averaged: all of them leave a step out, or none
        norms = {
            name: float(nn.utils.clip_grad_norm_(part.parameters(), training.clip))
            for name, (part, _) in learning.items()
        }
        finite = self._finite.passes(self.step, norms)
        if finite:
            for _, optimiser in learning.values():
                optimiser.step()
            self._move_average()
        self.step += 1
        return {**seen, "gradient": norms["model"]} if finite else {}

    def _backward(self, batch: Batch, real: list[torch.Tensor], whole: Whole, share: float) -> dict[str, float]:
        """Adds the gradients of one batch, `share` of the step."""
        weights = self._training.weights
        with self._precision():
            found: Found = self._objective(batch, self._judges, self.step, self._noise(batch), real, whole)
            parts = dict(found.losses)
            if self._has_critic:
                parts |= self._judged(batch, found, share)
            total = sum(getattr(weights, name) * value for name, value in parts.items() if name != "critic")
        assert isinstance(total, torch.Tensor)
        (total * share).backward()
        return {"total": float(total.detach()), **{name: float(value.detach()) for name, value in parts.items()}}

    def _judged(self, batch: Batch, found: Found, share: float) -> dict[str, torch.Tensor]:
        """The discriminator learns from real and driven pictures, then says what it thinks of the driven ones."""
        half = len(batch.picture) // 2
        real = batch.picture.roll(half, 0)
        self._critic.requires_grad_(True)
        driven = found.driven.detach()
        scores = [self._critic(picture) for picture in (real, driven)]
        hinge = losses.hinge(*([scale[-1] for scale in each] for each in scores))
        (hinge * share).backward()
        self._critic.requires_grad_(False)
        with torch.no_grad():
            wanted = self._critic(real)
        shown = self._critic(found.driven)
        adversarial = losses.adversarial([scale[-1] for scale in shown])
        return {"adversarial": adversarial, "matching": losses.matching(shown, wanted), "critic": hinge}

    @property
    def _has_critic(self) -> bool:
        weights = self._training.weights
        begun = self.step >= self._training.adversarial * self._training.steps
        return begun and (weights.adversarial > 0 or weights.matching > 0)

    def _noise(self, batch: Batch) -> torch.Tensor:
        """Normal numbers [N, Z] that a clip's number and the step decide, wherever it is worked on."""
        length, count = self.model.preset.dynamics, len(batch.numbers)
        drawn = [
            np.random.default_rng((self._training.seed, self.step, number, 2)).standard_normal((2, length), np.float32)
            for number in batch.numbers
        ]
        noise = np.stack(drawn, 1).reshape(2 * count, length)
        return torch.from_numpy(noise).to(self.device)

    def _precision(self) -> contextlib.AbstractContextManager[object]:
        return working_in(self._training.precision, self.device)

    def _waiting(self, waits: bool) -> contextlib.AbstractContextManager[object]:
        """While True gradients stay on this worker; the last part of a step averages them."""
        no_sync = getattr(self._objective, "no_sync", None)
        return no_sync() if waits and no_sync is not None else contextlib.nullcontext()

    def _set_rate(self, rate: float) -> None:
        for optimiser in (self._optimiser, self._critic_optimiser):
            for group in optimiser.param_groups:
                group["lr"] = rate * group["share"]

    @torch.no_grad()
    def _move_average(self) -> None:
        keep = min(self._training.ema, (1 + self.step) / (10 + self.step))
        pairs = zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True)
        for mean, value in pairs:
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)

    def state(self) -> dict[str, Any]:
        """All that a resumed training needs, as tensors and numbers."""
        return {
            "step": self.step,
            **{name: part.state_dict() for name, part in self._parts.items()},
            "optimiser": self._optimiser.state_dict(),
            "critic_optimiser": self._critic_optimiser.state_dict(),
            "finite": self._finite.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self._optimiser.load_state_dict(state["optimiser"])
        self._critic_optimiser.load_state_dict(state["critic_optimiser"])
        self._finite.restore(state["finite"])
        self.step = int(state["step"])


def _averaged(parts: list[Whole]) -> Whole:
    """The mean over this worker's parts, and over all workers."""
    found = []
    for name in ("weight", "eyes", "sizes"):
        mean = torch.stack([getattr(part, name) for part in parts]).mean(0)
        if distributed.is_initialized():
            distributed.all_reduce(mean)
            mean = mean / distributed.get_world_size()
        found.append(mean)
    return Whole(*found)


def _optimiser(parts: list[dict[str, Any]], training: FaceTraining) -> torch.optim.AdamW:
    """AdamW over groups of parameters; `share` is what of the learning rate a group takes."""
    return torch.optim.AdamW(parts, lr=training.rate, betas=(0.9, 0.99), weight_decay=training.decay)
