"""What the paper's two losses are worth: the same short training with both, and without each, for two seeds.

A short training from nothing learns to move heads long before faces: after 1,000 steps with both losses no mouth opens.
So the trainings of one seed share their beginning, --begun steps without either loss at a rate that does not fall, and
go on from there for --steps with all else as in a whole training. Each training is `jobs/train_faces.py`, each score
`jobs/evaluate_faces.py` on the people kept out for choices (or those of --split). What is in the folder already is not
done again, and a training that was stopped goes on.

    python benchmarks/face_ablation.py --catalog faces --out ablation
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import tyro

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.labelling.findings import table
from pipeline.faces.scores.choice import Part
from pipeline.faces.scores.table import TARGETS

VARIANTS: dict[str, tuple[str, ...]] = {
    "both": (),
    "without transfer": ("--weights.transfer", "0"),
    "without identity": ("--weights.identity", "0"),
}


@dataclass(frozen=True)
class Ablation:
    """Train and score three variants for each seed."""

    catalog: str
    """With table frames."""
    out: Path
    """A folder a training."""
    begun: int = 2500
    """Steps that the trainings of a seed share."""
    steps: int = 800
    """Of each training after these."""
    seeds: tuple[int, ...] = (0, 1)
    skip: tuple[str, ...] = ()
    """Names of files that are not trained on."""
    split: Part = "validation"
    """Who is scored."""


def main(args: Ablation) -> None:
    """A table of means over the seeds with each seed's own in brackets, then one line of JSON."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for seed in args.seeds:
        begun = _begun(args, seed)
        for name, options in VARIANTS.items():
            folder = args.out / f"{name.replace(' ', '-')}-{seed}"
            found[name].append(_scored(args, folder, seed, begun, options))
    rows = [
        (target.title, target.text(), *(_cell([each[score] for each in found[name]]) for name in VARIANTS))
        for score, target in TARGETS.items()
        if target.text()
    ]
    print("\n".join(table(("score", "goal", *VARIANTS), rows)) + "\n")
    about = {"begun": args.begun, "steps": args.steps, "seeds": args.seeds}
    print(json.dumps({"name": "face_ablation", **about, "scores": found}))


def _begun(args: Ablation, seed: int) -> Path:
    """The folder of what the trainings of a seed share, trained first where it is not there."""
    folder = args.out / f"begun-{seed}"
    neither = [part for name in VARIANTS.values() for part in name]
    _train(args, folder, seed, args.begun, "--fall", 0, "--adversarial", 1, *neither)
    return folder


def _scored(args: Ablation, folder: Path, seed: int, begun: Path, options: tuple[str, ...]) -> dict[str, Any]:
    """The model's scores in a folder, trained and scored first where they are not there."""
    scores = folder / "scores" / "scores.json"
    if not scores.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(begun / "judges.pt", folder / "judges.pt")
        model = folder / "model.safetensors"
        start = ("--start", begun / model.name, "--swaps", 0, "--shown", 0)
        _train(args, folder, seed, args.steps, *start, *options)
        _run(
            *("evaluate_faces.py", "--catalog", args.catalog, "--checkpoint", model),
            *("--split", args.split, "--out", scores.parent),
        )
    return dict(json.loads(scores.read_text())["scores"]["model"])


def _train(args: Ablation, folder: Path, seed: int, steps: int, *options: object) -> None:
    skip = ["--skip", *args.skip] if args.skip else []
    given = ("--catalog", args.catalog, "--out", folder, "--seed", seed, "--steps", steps, "--warm-up", steps // 20)
    _run("train_faces.py", *given, *options, *skip)


def _run(job: str, *options: object) -> None:
    command = [sys.executable, str(ROOT / "jobs" / job), *map(str, options)]
    print("+ " + " ".join(command[1:]), file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _cell(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    return f"{mean(known):.2f} ({', '.join(f'{value:.2f}' for value in known)})"


if __name__ == "__main__":
    main(tyro.cli(Ablation, description=__doc__))
