"""Face training: what its command calls, and what each of its workers does."""

from __future__ import annotations

from pipeline.faces.job import FaceJob
from pipeline.training.command import trained
from pipeline.training.halt import Halt
from pipeline.training.launch import Trained, say
from pipeline.training.signals import Asked


def train_faces(job: FaceJob, asked: Asked, began: float) -> Trained:
    """Train, or go on with what is in the job's folder; returns at the last step, when the job's seconds are over since
    `began` (`time.time`), or when a signal asks for it: then it has kept what it has, whatever it was at.

    Raises what `opened` and `init_from` raise before anything starts, and what `launched` raises.
    """

    def check(here: Halt) -> None:
        # PyTorch takes seconds to import: the workers' process does so meanwhile
        from pipeline.faces.prepare import init_from, opened

        opened(job, here, say)
        init_from(job)

    return trained(job, f"{__package__}.train:work", check, asked, began)
