"""Training of motion: what its command calls."""

from __future__ import annotations

from pipeline.motion.job import MotionJob
from pipeline.training.command import trained
from pipeline.training.halt import Halt
from pipeline.training.launch import Trained
from pipeline.training.signals import Asked


def train_motion(job: MotionJob, asked: Asked, began: float) -> Trained:
    """Train, or go on with what is in the job's folder, as `trained` does. Raises what `opened` raises before anything
    starts."""

    def check(here: Halt) -> None:
        # PyTorch takes seconds to import: the workers' process does so meanwhile
        from pipeline.motion.prepare import opened

        opened(job.catalog, job.where, job.training, job.sizes)

    return trained(job, f"{__package__}.train:work", check, asked, began)
