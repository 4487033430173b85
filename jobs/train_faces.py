"""Train the face latent model on a catalog's frame store; the same command again goes on where it stopped."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

BEGAN = time.time()
if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import tyro

from pipeline.cli.command import reported
from pipeline.cli.options import Count, FileIfAny, Flag, Folder, SecondsIfAny, parsed
from pipeline.cli.places import folder_to_write, local
from pipeline.faces.job import FaceJob
from pipeline.faces.run import train_faces
from pipeline.faces.settings import FaceTraining
from pipeline.program import command_line
from pipeline.training.command import tell_plan, tell_trained
from pipeline.training.signals import Asked


@dataclass(frozen=True)
class TrainFaces:
    """Train the face latent model on a catalog's frame store.

    The catalog comes from `jobs/extract.py --frames`. Exit code 0 at the last step or when --seconds are over, 130
    after Ctrl-C and 143 after SIGTERM, 2 for a wrong argument, 1 if it could not go on; what is done is kept, whatever
    it was at, and the same command goes on there.
    """

    catalog: Folder
    """Folder of a catalog with frames."""
    out: Folder
    """Folder for checkpoints, curves (TensorBoard), pictures and model.safetensors."""
    preset: Literal["tiny", "base", "paper"] = "tiny"
    """Sizes of the networks: tiny for CPUs, base for 256 pixels, paper for 512."""
    start: FileIfAny = None
    """Begin with the weights of this face model, of the same preset; by default with random ones."""
    workers: Count = 1
    """Processes that share the units of a step; each takes a GPU where there are GPUs."""
    seconds: SecondsIfAny = None
    """Stop when this call has taken so long, whatever it is at, and keep what is done."""
    plan: Flag = False
    """Print parameters, memory, losses, their networks and, after a few steps, the time that all will take, what is
    trained first included; keep nothing."""
    json: Flag = False
    """Print the summary as one line of JSON."""
    training: Annotated[FaceTraining, tyro.conf.arg(name="")] = field(default_factory=FaceTraining)


def main(args: TrainFaces) -> None:
    """Run it; errors come out as UsageError with their exit code."""
    with Asked() as asked:
        job = FaceJob(
            str(local(args.catalog, "--catalog")),
            str(folder_to_write(args.out, "--out")),
            args.training,
            args.preset,
            args.workers,
            seconds=args.seconds,
            init_from=None if args.start is None else str(local(args.start, "--start")),
            command=command_line(),
        )
        if args.plan:
            # PyTorch takes seconds to import, in which a signal may come too
            from pipeline.faces.plan import plan_text, planned

            tell_plan(lambda halt: planned(job, halt), plan_text, asked, args.json)
            return
        done = train_faces(job, asked, BEGAN)
    tell_trained(done, args.out, args.json)


def run() -> None:
    """The command."""
    with reported():
        main(parsed(TrainFaces))


if __name__ == "__main__":
    run()
