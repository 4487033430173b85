"""One worker's training of a motion generator, from where it stands to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from models.runtime.device import device as default_device
from models.runtime.precision import chosen
from pipeline.motion.job import MotionJob
from pipeline.motion.motion_task import MotionTask
from pipeline.motion.prepare import MotionData, fitted, opened
from pipeline.motion.watch import Watch
from pipeline.training.checkpoint import Clock
from pipeline.training.distributed import ALONE, Workers
from pipeline.training.fit import Session, fit
from pipeline.training.halt import NEVER, Halt
from pipeline.training.speed import EXAMPLES

Report = Callable[[int, dict[str, float]], None]
Tell = Callable[[str], None]
_TOLD = ("total", "watch/mouth", "watch/dp")


def work(values: dict[str, Any], workers: Workers, halt: Halt, report: Report, tell: Tell) -> None:
    """What every worker of a launch does. values: of a MotionJob."""
    job = MotionJob.of_values(values)

    def reported(step: int, figures: dict[str, float]) -> None:
        if workers.first:
            said = [f"{name} {figures[name]:.3f}" for name in _TOLD if name in figures]
            said += [f"{figures[EXAMPLES]:,.0f} windows/s"] if EXAMPLES in figures else []
            tell("  ".join([f"step {step} of {job.training.steps}", *said]))
        report(step, figures)

    train(job, reported, workers, tell, halt)


def train(
    job: MotionJob,
    report: Report,
    workers: Workers = ALONE,
    tell: Tell = print,
    halt: Halt = NEVER,
) -> None:
    """Train until the last step; every worker calls this.

    halt: when to stop before; worker 0's holds for all. Files are worker 0's. tell: hears of steps that are left out,
    on worker 0. Raises Stopped, when what is learned is kept; what `opened` and `fit` raise.
    """
    device = default_device()
    training = replace(job.training, precision=chosen(job.training.precision, device))
    job = replace(job, training=training)  # what is written down says in what it was calculated
    clock = Clock.going_on(Clock().began, [job.state])
    data = workers.in_turn(lambda: opened(job.catalog, job.where, training, job.sizes))
    session = Session(
        folder=Path(job.out),
        device=device,
        workers=workers,
        halt=halt,
        clock=clock,
        log=job.log,
        preview=job.look,
        keep_s=job.keep_s,
        about=_about(job),
        examples=training.batch,
        report=report,
        tell=tell,
    )
    fit(task_of(job, data, partial(halt.check, "looking at people kept out")), session)


def task_of(job: MotionJob, data: MotionData, check: Callable[[], None] = lambda: None) -> MotionTask:
    """A job's training on opened data. check: called within a look, and may end it."""
    training, statistics = job.training, fitted(data.space, data.train)
    task = MotionTask(training, job.sizes, data.space, statistics, data.train, data.seen(), out=job.model)
    if data.validation is None:
        return task
    watch = Watch(data.validation, statistics, training, check)
    return replace(task, look=watch.look)


def _about(job: MotionJob) -> dict[str, Any]:
    """JSON-ready: settings, for the recipe."""
    return {
        "training": asdict(job.training),
        "preset": job.training.preset,
        "where": job.where,
        "workers": job.workers,
        "command": job.command,
    }
