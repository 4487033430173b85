"""What changes while a task is trained: what learns, its average, the optimisers, the step; and one step of it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import torch

from models.runtime.precision import working_in
from pipeline.training.distributed import Workers
from pipeline.training.finite import Finite
from pipeline.training.optimisation import Group, Optimiser
from pipeline.training.sums import Sums
from pipeline.training.task import AnyBatch, Task, Views


@dataclass(frozen=True)
class _Seen:
    """A step's losses and, behind them, its gradients' norms: `values` on the device, to be read later."""

    step: int
    losses: tuple[str, ...]
    norms: tuple[str, ...]
    values: torch.Tensor


class Learner(Generic[AnyBatch]):
    """A task on one device, on one of its workers. average: the module's averaged weights; step: the next one."""

    def __init__(
        self, task: Task[AnyBatch], device: torch.device, workers: Workers, tell: Callable[[str], None]
    ) -> None:
        """tell: hears of steps that are left out."""
        self._task, self.device = task, device
        how = task.optimisation
        module = task.module().to(device)
        self.average = module if how.ema is None else copy.deepcopy(module).eval().requires_grad_(False)
        self.module = module
        self._still = {name for name, value in module.named_parameters() if not value.requires_grad}
        self._wrapped = {"model": workers.wrap(module)}
        self._optimisers = {"model": Optimiser(module, task.groups(module), how)}
        self._parts = {"model": module}
        if task.adversary is not None:
            discriminator = task.adversary.module().to(device)
            self._wrapped["discriminator"] = workers.wrap(discriminator)
            group = Group(list(discriminator.parameters()))
            self._optimisers["discriminator"] = Optimiser(discriminator, [group], how)
            self._parts["discriminator"] = discriminator
        if how.ema is not None:
            self._parts["average"] = self.average
        self._finite = Finite(tell)
        self._pending: list[_Seen] = []
        self.step = 0

    @property
    def left_out(self) -> int:
        """Steps whose gradient was not finite, of those that were settled."""
        return self._finite.left_out

    @property
    def unsettled(self) -> int:
        """Steps whose losses `settle` has yet to read."""
        return len(self._pending)

    def learn(self, batches: Sequence[AnyBatch]) -> None:
        """One step on this worker's share. A step whose gradients are not all finite changes nothing but `step`.

        Nothing waits for the device; `settle` says what was seen.
        """
        names = ["model", *(["discriminator"] if self._has_adversary() else [])]
        for name in names:
            self._optimisers[name].begin(self.step)
        seen: dict[str, torch.Tensor] = {}
        for place, batch in enumerate(batches):
            with self._gathering(place + 1 < len(batches)):
                for loss, value in self._backward(batch.to(self.device), 1 / len(batches)).items():
                    seen[loss] = seen[loss] + value if loss in seen else value
        # workers have the same gradients, averaged: all of them leave a step out, or none
        norms = torch.stack([self._optimisers[name].clipped() for name in names])
        left_out = 1 - norms.isfinite().all().float()
        for name in names:
            self._optimisers[name].step(left_out)
        self._move_average(left_out)
        values = torch.cat([torch.stack([value.float() for value in seen.values()]), norms])
        self._pending.append(_Seen(self.step, tuple(seen), tuple(names), values))
        self.step += 1

    def settle(self, sums: Sums) -> None:
        """Read all that was not read yet off the device, once, and add the losses of steps that were not left out.

        FloatingPointError: too many steps in a row were (`Finite`).
        """
        pending, self._pending = self._pending, []
        if not pending:
            return
        numbers = iter(torch.cat([each.values for each in pending]).tolist())
        for each in pending:
            losses = {name: next(numbers) for name in each.losses}
            norms = {name: next(numbers) for name in each.norms}
            finite = self._finite.passes(each.step, norms)
            sums.add({**losses, "gradient": norms["model"]} if finite else {})

    def _backward(self, batch: AnyBatch, share: float) -> dict[str, torch.Tensor]:
        """Add the gradients of one batch, `share` of the step; its losses, as much of them."""
        task, weights = self._task, self._task.weights
        with working_in(task.optimisation.precision, self.device):
            outcome = task.losses(self._wrapped["model"], batch, self.step)
            losses = dict(outcome.losses)
            logged = {}
            if self._has_adversary():
                assert outcome.made
                said, hinge = self._learn_discriminator(batch, outcome.made, share)
                losses |= said
                logged = {"critic": hinge}
            total = sum(weights[name] * value for name, value in losses.items() if name in weights)
        assert isinstance(total, torch.Tensor)
        (total * share).backward()
        return {name: value.detach() * share for name, value in {"total": total, **losses, **logged}.items()}

    def _learn_discriminator(
        self, batch: AnyBatch, made: Views, share: float
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """The discriminator learns from what is real and what was made; then what it says of the latter."""
        adversary, module = self._task.adversary, self._wrapped["discriminator"]
        assert adversary is not None
        real = adversary.real(batch)
        module.requires_grad_(True)
        hinge = adversary.hinge(module, real, tuple(view.detach() for view in made))
        (hinge * share).backward()
        module.requires_grad_(False)
        return adversary.losses(module, real, made), hinge

    def _has_adversary(self) -> bool:
        return self._task.adversary is not None and self.step >= self._task.adversary.start

    def _gathering(self, more: bool) -> contextlib.AbstractContextManager[object]:
        """While more parts of the step come gradients stay on this worker; the last one averages them."""
        no_sync = getattr(self._wrapped["model"], "no_sync", None)
        return no_sync() if more and no_sync is not None else contextlib.nullcontext()

    @torch.no_grad()
    def _move_average(self, left_out: torch.Tensor) -> None:
        """At first it follows fast, whatever the settings say."""
        ema = self._task.optimisation.ema
        if ema is None:
            return
        keep = min(ema, (1 + self.step) / (10 + self.step))
        means, values = [], []
        now = self.module.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.is_floating_point() and name not in self._still:
                means.append(mean)
                values.append(now[name])
            else:  # what stands still too: the mean of -0 and -0 is 0
                mean.copy_(now[name])
        torch._foreach_lerp_(means, values, [(1 - keep) * (1 - left_out)] * len(means))

    def state(self) -> dict[str, Any]:
        """All that a resumed training needs, as tensors and numbers; after `settle`."""
        return {
            "step": self.step,
            "finite": self._finite.state(),
            **{name: part.state_dict() for name, part in self._parts.items()},
            "optimisers": {name: each.state_dict() for name, each in self._optimisers.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave. KeyError, RuntimeError, ValueError: it is of another task or version."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        for name, optimiser in self._optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        self._finite.restore(state["finite"])
        self.step = int(state["step"])
