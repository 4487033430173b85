"""Train the face latent model on a catalog's frame store; the same command again goes on where it stopped."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.command import reported
from pipeline.faces.job import FaceJob
from pipeline.faces.settings import FaceTraining
from pipeline.options import Count, FileIfAny, Flag, Folder, SecondsIfAny, parsed
from pipeline.places import folder_to_write, local


@dataclass(frozen=True)
class TrainFaces:
    """Train the face latent model on a catalog's frame store.

    The catalog comes from `jobs/extract.py --frames`. Exit code 0 at the last step or when --seconds are over, 2 for a
    wrong argument, 1 if the training stopped; what is learned is kept, the same command goes on.
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
    """Stop after so long, at the next point of the curves, and keep what is learned."""
    plan: Flag = False
    """Print parameters, memory, losses, their networks and, after a few steps, the time it will take; keep nothing."""
    json: Flag = False
    """Print the summary as one line of JSON."""
    training: Annotated[FaceTraining, tyro.conf.arg(name="")] = field(default_factory=FaceTraining)


def main(args: TrainFaces) -> None:
    """Run it; errors come out as Failure with their exit code."""
    from pipeline.faces.plan import plan_text, planned
    from pipeline.faces.run import train_faces

    job = FaceJob(
        str(local(args.catalog, "--catalog")),
        str(folder_to_write(args.out, "--out")),
        args.training,
        args.preset,
        args.workers,
        seconds=args.seconds,
        start=None if args.start is None else str(local(args.start, "--start")),
        command=shlex.join(["python", *sys.argv]),
    )
    if args.plan:
        found = planned(job)
        print(json.dumps(asdict(found)) if args.json else plan_text(found))
        return
    done = train_faces(job)
    print(json.dumps(asdict(done)) if args.json else f"step {done.step} of {done.steps}\nlook at: {done.model}")


if __name__ == "__main__":
    with reported():
        main(parsed(TrainFaces))
