"""Score a motion generator on people it was not trained on, beside baselines."""

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
from pipeline.cli.options import Count, File, FileIfAny, Flag, Folder, parsed
from pipeline.cli.places import folder_to_write, local
from pipeline.evaluation.motion import Part, evaluate_motion, write_motion_evaluation


@dataclass(frozen=True)
class EvaluateMotion:
    """Let people whom a motion generator was not trained on speak by it, and score their lips, heads, eyelids and
    obedience beside a regression from the same sound, another clip's motion, the mean and the truth. Prints a table
    with the goals; writes scores.txt, scores.json and motion.png.

    Exit code 0 however good the scores are, 2 for a wrong argument, 1 if it could not finish.
    """

    catalog: Folder
    """Folder of a catalog of talking people with landmarks (extract with --frames)."""
    out: Folder
    """The folder to write to."""
    checkpoint: File
    """A motion generator's .safetensors file, of jobs/train_motion.py."""
    split: Part = "test"
    """Which of the people that the training kept out; unseen: of another catalog, all people none of whose files were
    trained on."""
    sync: FileIfAny = None
    """A sync network's .safetensors file, of jobs/train_sync.py, which has not seen these people; without one nothing
    asks whether lips are in step."""
    seeds: Count = 3
    """Samples of each clip."""
    steps: Count = 10
    """Steps of the sampler."""
    json: Flag = False
    """Print all figures as one line of JSON."""


def main(args: EvaluateMotion) -> None:
    out = folder_to_write(args.out, "--out")
    sync = local(args.sync, "--sync") if args.sync else None
    found = evaluate_motion(
        str(local(args.catalog, "--catalog")),
        local(args.checkpoint, "--checkpoint"),
        args.split,
        sync,
        args.seeds,
        args.steps,
    )
    paths = [str(path) for path in write_motion_evaluation(found, out)]
    print(json.dumps(found.json() | {"files": paths}) if args.json else f"{found.text()}\n\nlook at: {paths[-1]}")


def run() -> None:
    """The command."""
    with reported():
        main(parsed(EvaluateMotion))


if __name__ == "__main__":
    run()
