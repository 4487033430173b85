"""Score a face model on people it was not trained on, beside baselines."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

from pipeline.cli.command import reported
from pipeline.cli.options import FileIfAny, Flag, Folder, parsed
from pipeline.cli.places import folder_to_write, local
from pipeline.errors import UsageError
from pipeline.evaluation.faces import Part, evaluate_catalog, write_evaluation
from pipeline.faces.bundled_checkpoint import bundled_checkpoint


@dataclass(frozen=True)
class EvaluateFaces:
    """Drive people that a face model was not trained on, by themselves and by each other, and score the pictures
    beside copying, a 2D similarity, a mesh warp and the true frames. Prints a table with the goals; writes scores.txt,
    scores.json and faces.png.

    Exit code 0 however good the scores are, 2 for a wrong argument, 1 if it could not finish.
    """

    catalog: Folder
    """Folder of a catalog with frames (extract with --frames)."""
    out: Folder
    """The folder to write to."""
    checkpoint: FileIfAny = None
    """A face model's .safetensors file, of jobs/train_faces.py; by default the one that comes with the project."""
    baselines: Flag = False
    """The baselines alone, on all clips."""
    split: Part = "test"
    """Which of the subjects that the training kept out; unseen: of another catalog, all people none of whose files were
    trained on."""
    json: Flag = False
    """Print all figures as one line of JSON."""


def main(args: EvaluateFaces) -> None:
    if args.baselines and args.checkpoint:
        raise UsageError("--baselines leaves the model out: give no --checkpoint")
    given = local(args.checkpoint, "--checkpoint") if args.checkpoint else None
    checkpoint = None if args.baselines else given or bundled_checkpoint()
    out = folder_to_write(args.out, "--out")
    found = evaluate_catalog(str(local(args.catalog, "--catalog")), checkpoint, args.split)
    paths = [str(path) for path in write_evaluation(found, out)]
    print(json.dumps(found.json() | {"files": paths}) if args.json else f"{found.text()}\n\nlook at: {paths[-1]}")


def run() -> None:
    """The command."""
    with reported():
        main(parsed(EvaluateFaces))


if __name__ == "__main__":
    run()
