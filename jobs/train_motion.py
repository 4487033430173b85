"""Train the motion generator on a catalog of talking people; the same command again goes on where it stopped."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

BEGAN = time.time()
if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import tyro

from pipeline.cli.command import reported
from pipeline.cli.options import Count, Flag, Folder, SecondsIfAny, Sql, parsed
from pipeline.cli.places import folder_to_write, local
from pipeline.motion.job import MotionJob
from pipeline.motion.run import train_motion
from pipeline.motion.settings import MotionTraining
from pipeline.program import command_line
from pipeline.training.command import tell_plan, tell_trained
from pipeline.training.signals import Asked


@dataclass(frozen=True)
class TrainMotion:
    """Train the motion generator: from speech, gaze, distance and emotion to head pose and facial dynamics.

    The catalog comes from `jobs/extract.py`. Exit code 0 at the last step or when --seconds are over, 130 after Ctrl-C
    and 143 after SIGTERM, 2 for a wrong argument, 1 if it could not go on; what is done is kept, and the same command
    goes on there.
    """

    catalog: Folder
    """Folder of a catalog of talking people."""
    out: Folder
    """Folder for checkpoints, curves (TensorBoard) and model.safetensors."""
    where: Sql = ""
    """SQL over table clips that says which are learned from, such as "quality > 50"; by default all."""
    workers: Count = 1
    """Processes that share the windows of a step; each takes a GPU where there are GPUs."""
    seconds: SecondsIfAny = None
    """Stop when this call has taken so long, whatever it is at, and keep what is done."""
    plan: Flag = False
    """Print parameters, memory, clips and, after a few steps, the time that all will take; keep nothing."""
    json: Flag = False
    """Print the summary as one line of JSON."""
    training: Annotated[MotionTraining, tyro.conf.arg(name="")] = field(default_factory=MotionTraining)


def main(args: TrainMotion) -> None:
    """Run it; errors come out as UsageError with their exit code."""
    with Asked() as asked:
        job = MotionJob(
            str(local(args.catalog, "--catalog")),
            str(folder_to_write(args.out, "--out")),
            args.where,
            args.training,
            args.workers,
            seconds=args.seconds,
            command=command_line(),
        )
        if args.plan:
            # PyTorch takes seconds to import, in which a signal may come too
            from pipeline.motion.plan import plan_text, planned

            tell_plan(lambda halt: planned(job, halt), plan_text, asked, args.json)
            return
        done = train_motion(job, asked, BEGAN)
    tell_trained(done, args.out, args.json)


def run() -> None:
    """The command."""
    with reported():
        main(parsed(TrainMotion))


if __name__ == "__main__":
    run()
