"""The loop of every training: draw, learn, log, keep; stopped at any step, it goes on there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

import torch
from torch import nn

from models.runtime.device import CPU
from pipeline.errors import UsageError
from pipeline.training.card import card, continued
from pipeline.training.checkpoint import Clock, load, outdated, save
from pipeline.training.curves import Curves
from pipeline.training.distributed import ALONE, Workers
from pipeline.training.halt import NEVER, Halt, Stopped
from pipeline.training.learner import Learner
from pipeline.training.prefetch import prefetched
from pipeline.training.speed import Speed
from pipeline.training.sums import Sums
from pipeline.training.task import AnyBatch, Task

STATE = "state.pt"


def _unheard(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Session:
    """What a task is trained in.

    folder: for its state, its curves and the pictures of its previews; None: nothing is kept. clock: since when it is
    trained. halt: when to stop before the last step; worker 0's holds for all. log, preview: steps between two points
    of the curves, two previews. keep_s: seconds between two checkpoints. about: what the card says of the session.
    examples: what a step learns from, of all workers, for the curves to say how many that are a second; None: they do
    not.

    report hears the step and its figures, tell hears of steps left out; both on every worker.
    """

    folder: Path | None = None
    device: torch.device = CPU
    workers: Workers = ALONE
    halt: Halt = NEVER
    clock: Clock = field(default_factory=Clock)
    log: int = 50
    preview: int = 500
    keep_s: float = 180.0
    about: Mapping[str, Any] = field(default_factory=dict)
    report: Callable[[int, dict[str, float]], None] = _unheard
    tell: Callable[[str], None] = _unheard
    examples: int | None = None


def fit(task: Task[AnyBatch], session: Session) -> nn.Module:
    """Train a task until its last step, or go on with what is in the session's folder; every worker calls this.

    Returns the averaged module. Raises Stopped, when what is learned is kept; FloatingPointError when too many steps'
    gradients are not finite (`Finite`); UsageError when what is in the folder is an older version's, or has seen other
    data.
    """
    workers, steps = session.workers, task.optimisation.steps
    learner = Learner(task, session.device, workers, session.tell if workers.first else _unheard)
    kept = _restored(task, learner, session.folder)
    sums = Sums(kept["sums"] if kept else None, counts=workers.first)
    record = None
    if session.folder is not None and workers.first:
        record = _Record(task, learner, session, session.folder, kept["history"] if kept else ())
    speed = Speed(session.examples)
    ahead = prefetched(
        lambda step: task.draw(step, workers.rank, workers.world), range(learner.step, steps), session.device
    )
    try:
        while True:
            last, stop, point = learner.step == steps, None, None
            due = bool(sums.steps or learner.unsettled) and (last or learner.step % session.log == 0)
            if due:
                learner.settle(sums)
                sums = sums.over(workers)
                figures = {**sums.means(), **speed.figures()}
                try:
                    point = figures if record is None else record.add(figures)
                    sums = Sums()
                except Stopped as said:  # in worker 0's preview: the point is made when it goes on
                    stop = said.why
            stop = workers.agreed(stop or (None if last else session.halt.why()))
            keeps = record is not None and (stop is not None or (last and point is not None) or record.due())
            if keeps or stop is not None:
                learner.settle(sums)
            if stop is not None and not due:
                sums = sums.over(workers)
            if record is not None and keeps:
                record.keep(sums)
            if stop is not None:
                raise Stopped(stop, _at(task, learner.step))
            if point is not None:
                session.report(learner.step, point)
            if last:
                return learner.average
            if due:
                speed.restart()
            with speed.waiting():
                batches = next(ahead)
            learner.learn(batches)
            speed.steps += 1
    finally:
        if record is not None:
            record.close()


def _at(task: Task[AnyBatch], step: int) -> str:
    return f"{task.name}{': ' if task.name else ''}step {step} of {task.optimisation.steps}"


def _restored(task: Task[AnyBatch], learner: Learner[AnyBatch], folder: Path | None) -> dict[str, Any] | None:
    """What a checkpoint in the folder says, once the learner has taken it up; None without one."""
    path = None if folder is None else folder / STATE
    if path is None or not path.exists():
        return None
    kept = load(path)
    try:
        saw = kept["saw"]
        learner.restore(kept)
    except (KeyError, RuntimeError, ValueError) as error:
        raise outdated(path) from error
    if saw != task.saw():
        raise UsageError(f"{path} has learned from other data than is there now: give another folder")
    return kept


class _Record(Generic[AnyBatch]):
    """What worker 0 leaves in the folder: curves, previews, checkpoints."""

    def __init__(
        self,
        task: Task[AnyBatch],
        learner: Learner[AnyBatch],
        session: Session,
        folder: Path,
        history: Sequence[Mapping[str, Any]],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._task, self._learner, self._session, self._folder = task, learner, session, folder
        self._history = continued(history, task.settings(), learner.step)
        self._curves = Curves(folder, learner.step)
        self._kept_at, self._kept_step = time.monotonic(), learner.step

    def add(self, figures: Mapping[str, float]) -> dict[str, float]:
        """A point of the curves, with a preview where it is time for one. Stopped: in it; then there is no point."""
        step, how = self._learner.step, self._task.optimisation
        found = dict(figures)
        if step % self._session.preview == 0 or step == how.steps:
            seen, picture = self._task.preview(self._learner.average)
            found |= seen
            if picture is not None:
                self._curves.show(step, "watch", picture)
        self._curves.add(step, {**found, "rate": how.lr_at(step - 1)})
        return found

    def due(self) -> bool:
        """Whether it is time for a checkpoint, and there is something to keep."""
        long = time.monotonic() - self._kept_at > self._session.keep_s
        return long and self._learner.step > self._kept_step

    def keep(self, sums: Sums) -> None:
        """A checkpoint. sums: of the steps since the last point of the curves."""
        learner, session, seconds = self._learner, self._session, self._session.clock.seconds
        saw = self._task.saw()
        said = {"seconds": seconds, "history": self._history, "saw": saw, "sums": sums.state()}
        save({**learner.state(), **said}, self._folder / STATE)
        about = card(learner.step, seconds, learner.left_out, self._history)
        self._task.save(learner.average, {**session.about, **about, **saw})
        self._kept_at, self._kept_step = time.monotonic(), learner.step

    def close(self) -> None:
        """Write what is not written yet."""
        self._curves.close()
