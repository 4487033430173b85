"""Sync training: what its command calls."""

from __future__ import annotations

from pipeline.sync.job import SyncJob
from pipeline.training.command import trained
from pipeline.training.halt import Halt
from pipeline.training.launch import Trained
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

    return trained(job, f"{__package__}.train:work", check, asked, began)
