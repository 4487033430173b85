"""What a training leaves in its folder while it goes on: curves, looks at pictures, the state and the model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from catalogs.frames import FrameStore
from models.face.checkpoint import save_model
from pipeline.faces.card import continued, recipe
from pipeline.faces.curves import Curves
from pipeline.faces.driving import Drive
from pipeline.faces.job import FaceJob, outdated
from pipeline.faces.split import Split
from pipeline.faces.training import Trainer, load, save
from pipeline.faces.watch import Watch


@dataclass(frozen=True)
class Before:
    """What a training was before this process goes on with it.

    seconds: that it took. history: `card.continued`. begun: the recipe of the model that it began with.
    """

    seconds: float
    history: Sequence[Mapping[str, Any]]
    begun: Mapping[str, Any] | None


def taken_up(job: FaceJob, trainer: Trainer, begun: Mapping[str, Any] | None) -> Before:
    """Give a trainer the state that is kept in the job's folder, where there is one.

    begun: of a training that begins now. Failure: an older version kept it.
    """
    if not job.state.exists():
        return Before(0.0, continued([], job, 0), begun)
    kept = load(job.state)
    try:
        trainer.restore(kept)
    except (KeyError, RuntimeError, ValueError) as error:
        raise outdated(job.state) from error
    return Before(kept["seconds"], continued(kept["history"], job, trainer.step), kept["begun"])


class Record:
    """Written by one worker of a training. store, split: what is trained on. since: when this process began."""

    def __init__(
        self,
        job: FaceJob,
        trainer: Trainer,
        before: Before,
        store: FrameStore,
        split: Split,
        watch: Watch,
        since: float,
    ) -> None:
        self._job, self._trainer, self._before, self._since = job, trainer, before, since
        self._store, self._split, self._watch = store, split, watch
        self._curves = Curves(Path(job.out), trainer.step)
        self._kept_at = time.monotonic()

    def add(self, figures: Mapping[str, float], over: bool) -> dict[str, float]:
        """A point of the curves; a look and a checkpoint where it is time for them. over: no step comes after it.

        Returns the figures with those of the look.
        """
        job, step = self._job, self._trainer.step
        found = dict(figures)
        last = step == job.training.steps
        if step % job.pictures == 0 or last:
            found |= self._look(step)
        self._curves.add(step, {**found, "rate": job.training.rate_at(step - 1)})
        if over or last or time.monotonic() - self._kept_at > job.keep_s:
            self._keep()
        return found

    def close(self) -> None:
        """Write what is not written yet."""
        self._curves.close()

    def _look(self, step: int) -> dict[str, float]:
        average = self._trainer.average
        figures, picture = self._watch.look(Drive(average, next(average.parameters()).device))
        self._curves.show(step, "watch", picture)
        path = Path(self._job.out) / f"watch-{step:06d}.png"
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return figures

    def _keep(self) -> None:
        job, trainer, before = self._job, self._trainer, self._before
        seconds = before.seconds + time.monotonic() - self._since
        state = {"seconds": seconds, "history": before.history, "begun": before.begun}
        save({**trainer.state(), **state}, job.state)
        said = recipe(job, self._store, self._split, trainer.step, seconds, before.history, before.begun)
        save_model(trainer.average, said, job.model)
        self._kept_at = time.monotonic()
