"""What the paper's two losses are worth: the same short training with both, and without each, for two seeds.

Each training is `jobs/train_faces.py`, each score `jobs/evaluate_faces.py` on the people kept out for choices (or those
of --split). Trainings of one seed share what is trained before the first picture, which neither loss touches. What is
in the folder already is not done again, and a training that was stopped goes on.

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
from pipeline.evaluation.faces.eval_clips import Part
from pipeline.evaluation.faces.table import TARGETS

VARIANTS: dict[str, tuple[str, ...]] = {
    "both": (),
    "without transfer": ("--weights.transfer", "0"),
    "without identity": ("--weights.identity", "0"),
}

SHARED = ("pinned.pt", "loss_networks.pt", "warps.pt")


@dataclass(frozen=True)
class Ablation:
    """Train and score three variants for each seed."""

    catalog: str
    """With table frames."""
    out: Path
    """A folder a training."""
    steps: int = 800
    """Of each training."""
    seeds: tuple[int, ...] = (0, 1)
    skip: tuple[str, ...] = ()
    """Names of files that are not trained on."""
    split: Part = "validation"
    """Who is scored."""


def main(args: Ablation) -> None:
    """A table of means over the seeds with each seed's own in brackets, then one line of JSON."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for seed in args.seeds:
        first = args.out / f"both-{seed}"
        for name, options in VARIANTS.items():
            folder = args.out / f"{name.replace(' ', '-')}-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            for kept in SHARED if folder != first else ():
                shutil.copyfile(first / kept, folder / kept)
            found[name].append(_scored(args, folder, seed, options))
    rows = [
        (target.title, target.text(), *(_cell([each[score] for each in found[name]]) for name in VARIANTS))
        for score, target in TARGETS.items()
        if target.text()
    ]
    print("\n".join(table(("score", "goal", *VARIANTS), rows)) + "\n")
    print(json.dumps({"name": "face_ablation", "steps": args.steps, "seeds": args.seeds, "scores": found}))


def _scored(args: Ablation, folder: Path, seed: int, options: tuple[str, ...]) -> dict[str, Any]:
    """The model's scores in a folder, trained and scored first where they are not there."""
    scores = folder / "scores" / "scores.json"
    if not scores.exists():
        train = ("--catalog", args.catalog, "--out", folder, "--steps", args.steps, "--warm-up", args.steps // 8)
        skip = ("--skip", *args.skip) if args.skip else ()
        _run("train_faces.py", *train, "--seed", seed, *options, *skip)
        model = folder / "model.safetensors"
        _run(
            *("evaluate_faces.py", "--catalog", args.catalog, "--checkpoint", model),
            *("--split", args.split, "--out", scores.parent),
        )
    return dict(json.loads(scores.read_text())["scores"]["model"])


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
