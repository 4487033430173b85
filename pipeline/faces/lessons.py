"""What is trained before the face model, step by step, so that it can be stopped, kept and taken up at any step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from pipeline.training.checkpoint import load, save
from pipeline.training.finite import Finite
from pipeline.training.halt import NEVER, Halt, Stopped
from pipeline.training.prefetch import made_ahead

T = TypeVar("T")
Tell = Callable[[int, float], None]
"""Hears the step and how far off it is."""


class Notebook:
    """How far lessons are, in one file of a training's folder; without a file, in memory alone.

    halt: when lessons are to stop. every: seconds after which what is learned is kept meanwhile. begun: when this
    process began (`time.monotonic`). before: the seconds that the training had taken until then.
    """

    def __init__(
        self, path: Path | None = None, halt: Halt = NEVER, every: float = math.inf, begun: float | None = None
    ) -> None:
        self._path, self.halt, self._every = path, halt, every
        self._kept: dict[str, Any] = load(path) if path is not None and path.exists() else {"seconds": 0.0}
        self.before = float(self._kept["seconds"])
        self._begun = time.monotonic() if begun is None else begun
        self._at = time.monotonic()

    def of(self, name: str) -> dict[str, Any] | None:
        """What was kept of a lesson."""
        return self._kept.get(name)

    def keep(self, name: str, state: Mapping[str, Any]) -> None:
        """Write what a lesson has come to."""
        self._kept = {**self._kept, name: dict(state)}
        self._write()

    def due(self) -> bool:
        """Whether it is long since something was kept."""
        return time.monotonic() - self._at > self._every

    def close(self, *names: str) -> None:
        """Forget lessons whose outcome is kept elsewhere."""
        self._kept = {name: value for name, value in self._kept.items() if name not in names}
        self._write()

    def _write(self) -> None:
        self._kept["seconds"] = self.before + time.monotonic() - self._begun
        if self._path is not None:
            save(self._kept, self._path)
        self._at = time.monotonic()


@dataclass(frozen=True)
class Lesson(Generic[T]):
    """made(step): what a step learns from. wrong: its loss, and how far off it is, to be told.

    parts: what learns, by name. weights: what the gradient is of, and clip its largest norm. random: what `wrong` draws
    from beside that. mean: tell the mean since it was told last, not the step's own.
    """

    name: str
    steps: int
    parts: Mapping[str, nn.Module]
    weights: Sequence[nn.Parameter]
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    made: Callable[[int], T]
    wrong: Callable[[T], tuple[torch.Tensor, torch.Tensor]]
    clip: float = math.inf
    random: torch.Generator | None = None
    mean: bool = False

    def state(self) -> dict[str, Any]:
        """All that changes, as tensors and numbers."""
        state = {name: part.state_dict() for name, part in self._changing().items()}
        return state if self.random is None else {**state, "random": self.random.get_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        for name, part in self._changing().items():
            part.load_state_dict(state[name])
        if self.random is not None:
            self.random.set_state(state["random"])

    def _changing(self) -> dict[str, Any]:
        return {**self.parts, "optimiser": self.optimiser, "schedule": self.schedule}


def teach(lesson: Lesson[T], device: torch.device, tell: Tell, say: Callable[[str], None], notebook: Notebook) -> None:
    """Take all steps of a lesson that are not taken yet.

    tell hears how far it is every 100 steps, say of steps that are left out. Raises Stopped when the notebook's halt
    says so, after what is learned is kept, and FloatingPointError (`Finite`).
    """
    finite, step = Finite(lambda text: say(f"{lesson.name}: {text}")), 0
    kept = notebook.of(lesson.name)
    if kept is not None:
        lesson.restore(kept)
        finite.restore(kept["finite"])
        step = int(kept["step"])
    off: list[float] = []
    for drawn in made_ahead(lesson.made, range(step, lesson.steps), device):
        loss, figure = lesson.wrong(drawn)
        lesson.optimiser.zero_grad()
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(lesson.weights, lesson.clip))
        if finite.passes(step, {"network": norm}):
            lesson.optimiser.step()
        lesson.schedule.step()
        off.append(float(figure))
        if step % 100 == 0 or step == lesson.steps - 1:
            tell(step, _told(off, lesson.mean))
            off = []
        step += 1
        why = notebook.halt.why()
        if why is not None or notebook.due() or step == lesson.steps:
            notebook.keep(lesson.name, {**lesson.state(), "step": step, "finite": finite.state()})
        if why is not None:
            raise Stopped(why, f"{lesson.name}: step {step} of {lesson.steps}")


def _told(off: Sequence[float], mean: bool) -> float:
    return sum(off) / len(off) if mean else off[-1]
