"""One worker's training of a face model, from where it stands to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from models.runtime.device import device as default_device
from models.runtime.precision import chosen
from pipeline.faces.card import LATENTS, about, seen
from pipeline.faces.face_task import FaceTask
from pipeline.faces.job import FaceJob
from pipeline.faces.landmark_reading import ExpressionReading, LandmarkReading
from pipeline.faces.prepare import prepared
from pipeline.faces.training_clips import training_clips
from pipeline.faces.warping import WarpTask
from pipeline.faces.watch import Watch
from pipeline.training.distributed import ALONE, Workers
from pipeline.training.fit import Session, fit
from pipeline.training.halt import NEVER, Halt
from pipeline.training.pretraining import Pretraining

Report = Callable[[int, dict[str, float]], None]
Tell = Callable[[str], None]


def work(values: dict[str, Any], workers: Workers, halt: Halt, report: Report, tell: Tell) -> None:
    """What every worker of a launch does. values: of a FaceJob."""
    job = FaceJob.of_values(values)

    def reported(step: int, figures: dict[str, float]) -> None:
        if workers.first:
            said = "  ".join(
                f"{name} {figures[name]:.3f}" for name in ("total", "watch/gain", "watch/mouth") if name in figures
            )
            tell(f"step {step} of {job.training.steps}  {said}")
        report(step, figures)

    train(job, reported, workers, tell, halt)


def train(
    job: FaceJob,
    report: Report,
    workers: Workers = ALONE,
    tell: Tell = print,
    halt: Halt = NEVER,
) -> None:
    """Train until the last step; every worker calls this.

    halt: when to stop before; worker 0's holds for all. Files are worker 0's. tell: hears how far what is trained first
    is, and of steps that are left out, on worker 0. Raises Stopped, when what is learned is kept; what `prepared` and
    `fit` raise.
    """
    device = default_device()
    training = replace(job.training, precision=chosen(job.training.precision, device))
    job = replace(job, training=training)  # what is written down says in what it was calculated
    cv2.setNumThreads(1)
    first = Pretraining(Path(job.out), device, halt, keep_s=job.keep_s, log=job.log, tell=tell)
    states = first.states(LandmarkReading.name, ExpressionReading.name, WarpTask.name)
    first = first.going_on(time.monotonic(), job.state, job.loss_networks, job.warps, *states)
    ready = workers.in_turn(lambda: prepared(job, first))
    task = FaceTask(
        training,
        ready.model,
        ready.networks,
        ready.clips,
        seen(ready.pinned, ready.init_recipe),
        lambda: Watch(
            training_clips(ready.store, ready.pinned.split, "validation", training.seed), ready.networks.reader
        ),
        partial(halt.check, "looking at the model"),
        job.model,
        training.learns == "all" or bool(ready.init_recipe and ready.init_recipe[LATENTS]["space"]),
    )
    session = Session(
        Path(job.out),
        device,
        workers,
        halt,
        first.clock,
        job.log,
        job.pictures,
        job.keep_s,
        about(job, ready.init_recipe),
        report,
        tell,
    )
    fit(task, session)
