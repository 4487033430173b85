"""What a training is to `fit`: the words in which a stranger describes a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import torch
from torch import nn

from pipeline.training.optimisation import Group, Optimisation


class Batch(Protocol):
    """What a step, or a part of one, learns from."""

    def to(self, device: torch.device, /) -> Self:
        """The batch on a device."""


AnyBatch = TypeVar("AnyBatch", bound=Batch)
Views = tuple[torch.Tensor, ...]
"""What a discriminator judges at once: as many tensors as it takes."""
Judged = TypeVar("Judged", contravariant=True)


@dataclass(frozen=True)
class Outcome:
    """losses: by name, unweighted, scalars. made: what the module made of the batch, for a discriminator to judge, in
    as many views as it takes."""

    losses: Mapping[str, torch.Tensor]
    made: Views = ()


class Adversary(Protocol[Judged]):
    """A discriminator that learns beside the module, from its step `start` on, with the task's `optimisation`."""

    @property
    def start(self) -> int: ...

    def module(self) -> nn.Module:
        """The discriminator, with its first weights."""

    def real(self, batch: Judged) -> Views:
        """What `Outcome.made` should look like."""

    def hinge(self, module: nn.Module, real: Views, made: Views) -> torch.Tensor:
        """The discriminator's own loss."""

    def losses(self, module: nn.Module, real: Views, made: Views) -> dict[str, torch.Tensor]:
        """What it says to the module, by name, unweighted."""


class Task(Protocol[AnyBatch]):
    """Implement this and call `fit(task, session)`; what `fit` does with it:

    - `module()` once: all that learns and nothing that is frozen (hold that in the task itself). It is moved to the
      session's device, wrapped for several workers, and its state is what checkpoints hold and averages are taken of.
    - `groups(module)` once: every parameter that learns in one group.
    - `draw(step, rank, world)` for every step, maybe in another process and ahead of time: what it returns may depend
      on its arguments and the seed alone, or a training that was stopped goes on with other draws. It returns
      `optimisation.accumulate` batches, this worker's share of the step. Shares of all workers are equally large, for
      N workers to be one worker with N times the share in expectation.
    - `losses(module, batch, step)` for every batch: call `module(...)` once and put the losses together. `weights` says
      what each counts; one without a weight is only written to the curves.
    - `preview(average)` every so many steps: figures for the curves, and a picture uint8 RGB [H, W, 3] to look at. It
      may raise `Stopped`.
    - `save(average, card)` at every checkpoint: write what others will use. card: JSON-ready, how it came about.
    - `saw()`: JSON-ready; what is learned from, by commit, split and contents. A checkpoint that saw something else is
      refused.
    - `settings()`: JSON-ready; what the history says of the training when it goes on.

    name: in words, for messages; empty where there is nothing to tell it from. adversary: None without a discriminator.
    `Quiet` has the last four for a task whose module is used at once.
    """

    @property
    def name(self) -> str: ...

    @property
    def optimisation(self) -> Optimisation: ...

    @property
    def weights(self) -> Mapping[str, float]: ...

    @property
    def adversary(self) -> Adversary[AnyBatch] | None: ...

    def module(self) -> nn.Module: ...

    def groups(self, module: nn.Module) -> Sequence[Group]: ...

    def draw(self, step: int, rank: int, world: int) -> Sequence[AnyBatch]: ...

    def losses(self, module: nn.Module, batch: AnyBatch, step: int) -> Outcome: ...

    def preview(self, average: nn.Module) -> tuple[dict[str, float], np.ndarray | None]: ...

    def save(self, average: nn.Module, card: Mapping[str, Any]) -> None: ...

    def saw(self) -> dict[str, Any]: ...

    def settings(self) -> dict[str, Any]: ...


class Quiet:
    """Of a task without previews, whose module is used by who calls `fit`, on data that it need not name."""

    adversary: None = None

    def preview(self, average: nn.Module) -> tuple[dict[str, float], np.ndarray | None]:
        return {}, None

    def save(self, average: nn.Module, card: Mapping[str, Any]) -> None:
        pass

    def saw(self) -> dict[str, Any]:
        return {}

    def settings(self) -> dict[str, Any]:
        return {}
