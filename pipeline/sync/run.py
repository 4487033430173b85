"""Sync training: what its command calls."""

from __future__ import annotations

import math
from pathlib import Path

from pipeline.sync.job import SyncJob
from pipeline.training.halt import Halt
from pipeline.training.launch import Launch, Trained, launched
from pipeline.training.signals import Asked


def train_sync(job: SyncJob, asked: Asked, began: float) -> Trained:
    """Train, or go on with what is in the job's folder; returns at the last step, when the job's seconds are over since
    `began` (`time.time`), or when a signal asks for it: then it has kept what it has.

    UsageError: the catalog holds nothing to learn from. Raises what `launched` raises.
    """

    def check(here: Halt) -> None:
        # PyTorch takes seconds to import: the workers' process does so meanwhile
        from pipeline.sync.prepare import split_asked

        split_asked(job)

    launch = Launch(f"{__package__}.train:work", job.as_values(), Path(job.out), job.workers)
    until = math.inf if job.seconds is None else began + job.seconds
    stopped = launched(launch, asked, until, check)
    return Trained.of(launch.folder, job.training.steps, job.model, stopped)
