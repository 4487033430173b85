"""Train the network that tells how late a clip's sound is, on a catalog; the same command goes on where it stopped."""

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
from pipeline.cli.options import Count, Flag, Folder, SecondsIfAny, parsed
from pipeline.cli.places import folder_to_write, local
from pipeline.program import command_line
from pipeline.sync.job import SyncJob
from pipeline.sync.run import train_sync
from pipeline.sync.settings import SyncTraining
from pipeline.training.command import tell_trained
from pipeline.training.signals import Asked


@dataclass(frozen=True)
class TrainSync:
    """Train the network that tells how late a clip's sound is, and whether it is the voice of the face that is seen.

    The catalog comes from `jobs/extract.py`; with --frames the network learns from landmarks too. Exit code 0 at the
    last step or when --seconds are over, 130 after Ctrl-C and 143 after SIGTERM, 2 for a wrong argument, 1 if it could
    not go on; what is done is kept, and the same command goes on there.
    """

    catalog: Folder
    """Folder of a catalog of talking people."""
    out: Folder
    """Folder for checkpoints, curves (TensorBoard), scores.json and model.safetensors."""
    workers: Count = 1
    """Processes that share the windows of a step; each takes a GPU where there are GPUs."""
    seconds: SecondsIfAny = None
    """Stop when this call has taken so long, whatever it is at, and keep what is done."""
    json: Flag = False
    """Print the summary as one line of JSON."""
    training: Annotated[SyncTraining, tyro.conf.arg(name="")] = field(default_factory=SyncTraining)


def main(args: TrainSync) -> None:
    """Run it; errors come out as UsageError with their exit code."""
    with Asked() as asked:
        job = SyncJob(
            str(local(args.catalog, "--catalog")),
            str(folder_to_write(args.out, "--out")),
            args.training,
            args.workers,
            seconds=args.seconds,
            command=command_line(),
        )
        done = train_sync(job, asked, BEGAN)
    tell_trained(done, args.out, args.json)


def run() -> None:
    """The command."""
    with reported():
        main(parsed(TrainSync))


if __name__ == "__main__":
    run()
