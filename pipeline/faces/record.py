"""What a training leaves in its folder while it goes on: curves, looks at pictures, the state and the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from catalogs.frames import FrameStore
from models.face.checkpoint import save_model
from pipeline.faces.card import continued, recipe
from pipeline.faces.driving import Drive
from pipeline.faces.expression import ExpressionSpace
from pipeline.faces.job import FaceJob, outdated
from pipeline.faces.split import Split
from pipeline.faces.training import Trainer
from pipeline.faces.watch import Watch
from pipeline.training.checkpoint import load, save
from pipeline.training.curves import Curves
from pipeline.training.sums import Sums


@dataclass(frozen=True)
class Before:
    """What a training was before this process goes on with it.

    seconds: that it took. history: `card.continued`. begun: the recipe of the model that it began with. sums: `Sums` of
    the steps since the last point of the curves.
    """

    seconds: float
    history: Sequence[Mapping[str, Any]]
    begun: Mapping[str, Any] | None
    sums: Mapping[str, Any] | None


def taken_up(job: FaceJob, trainer: Trainer, begun: Mapping[str, Any] | None, seconds: float) -> Before:
    """Give a trainer the state that is kept in the job's folder, where there is one.

    begun, seconds: of a training that has no step yet. UsageError: an older version kept it.
    """
    if not job.state.exists():
        return Before(seconds, continued([], job, 0), begun, None)
    kept = load(job.state)
    try:
        trainer.restore(kept)
        sums = kept["sums"]
    except (KeyError, RuntimeError, ValueError) as error:
        raise outdated(job.state) from error
    return Before(kept["seconds"], continued(kept["history"], job, trainer.step), kept["begun"], sums)


class Record:
    """Written by one worker of a training.

    store, split, space: what is trained on. since: when this process began. check: raises Stopped where a look is to be
    left.
    """

    def __init__(
        self,
        job: FaceJob,
        trainer: Trainer,
        before: Before,
        store: FrameStore,
        split: Split,
        space: ExpressionSpace,
        watch: Watch,
        since: float,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._job, self._trainer, self._before, self._since = job, trainer, before, since
        self._store, self._split, self._space, self._watch = store, split, space, watch
        self._check = check
        self._curves = Curves(Path(job.out), trainer.step)
        self._kept_at, self._kept_step = time.monotonic(), trainer.step

    def add(self, figures: Mapping[str, float]) -> dict[str, float]:
        """A point of the curves, with a look where it is time for one.

        Returns the figures with those of the look. Stopped: in the look; then there is no point.
        """
        job, step = self._job, self._trainer.step
        found = dict(figures)
        if step % job.pictures == 0 or step == job.training.steps:
            found |= self._look(step)
        self._curves.add(step, {**found, "rate": job.training.rate_at(step - 1)})
        return found

    def due(self) -> bool:
        """Whether it is time for a checkpoint, and there is something to keep."""
        return self._trainer.step > self._kept_step and time.monotonic() - self._kept_at > self._job.keep_s

    def close(self) -> None:
        """Write what is not written yet."""
        self._curves.close()

    def _look(self, step: int) -> dict[str, float]:
        average = self._trainer.average
        figures, picture = self._watch.look(Drive(average, next(average.parameters()).device), self._check)
        self._curves.show(step, "watch", picture)
        path = Path(self._job.out) / f"watch-{step:06d}.png"
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return figures

    def keep(self, sums: Sums) -> None:
        """A checkpoint. sums: of the steps since the last point of the curves."""
        job, trainer, before = self._job, self._trainer, self._before
        seconds = before.seconds + time.monotonic() - self._since
        state = {"seconds": seconds, "history": before.history, "begun": before.begun, "sums": sums.state()}
        save({**trainer.state(), **state}, job.state)
        said = recipe(job, self._store, self._split, trainer.step, seconds, before.history, before.begun)
        said["left_out"] = trainer.left_out
        save_model(trainer.average, said, job.model, self._space.arrays())
        self._kept_at, self._kept_step = time.monotonic(), trainer.step
