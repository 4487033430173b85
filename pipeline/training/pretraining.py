"""What is trained before something else, by worker 0 alone: each a task with a folder of its own in the training's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.runtime.device import CPU
from pipeline.training.checkpoint import Clock
from pipeline.training.fit import STATE, Session, fit
from pipeline.training.halt import NEVER, Halt
from pipeline.training.task import Task


@dataclass(frozen=True)
class Pretraining:
    """Where and when it is done. folder: of the training, None: nothing is kept. The others: see `Session`.

    tell: hears how far it is, and of steps that are left out.
    """

    folder: Path | None = None
    device: torch.device = CPU
    halt: Halt = NEVER
    clock: Clock = field(default_factory=Clock)
    keep_s: float = 180.0
    log: int = 50
    tell: Callable[[str], None] = print

    def trained(self, task: Task[Any], figure: str) -> nn.Module:
        """A task's module once all its steps are taken. figure: the loss that is told. Errors: `fit`."""

        def report(step: int, figures: dict[str, float]) -> None:
            off = f", off by {figures[figure]:.4f}" if figure in figures else ""
            self.tell(f"{task.name}: step {step} of {task.optimisation.steps}{off}")

        session = Session(
            folder=self._folder(task.name),
            device=self.device,
            halt=self.halt,
            clock=self.clock,
            log=self.log,
            keep_s=self.keep_s,
            report=report,
            tell=lambda text: self.tell(f"{task.name}: {text}"),
        )
        return fit(task, session)

    def states(self, *names: str) -> list[Path]:
        """Where the checkpoints of tasks of these names lie."""
        folders = [self._folder(name) for name in names]
        return [folder / STATE for folder in folders if folder is not None]

    def forget(self, *names: str) -> None:
        """Remove checkpoints whose outcome is kept elsewhere; the curves stay."""
        for state in self.states(*names):
            state.unlink(missing_ok=True)

    def going_on(self, began: float, *files: Path) -> Pretraining:
        """With the time that the training had taken, as these files say and as far as it came. began: `Clock`."""
        return replace(self, clock=Clock.going_on(began, files))

    def _folder(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / name.replace(" ", "_")
