"""Does a motion generator learn a law that is known?

Makes a catalog of people whose mouths follow loudness two frames later, who look where their labels say, are as far
away and as happy as these say, and move by themselves otherwise (`benchmarks/planting/law.py`). Trains a
small generator on it, and measures on people it has not seen what it has of the law, each number beside its goal.

    python benchmarks/planted.py
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelling.findings import table
from benchmarks.networks.figures import processor
from benchmarks.planting.catalog import planted_clips, write_planted
from benchmarks.planting.findings import findings
from benchmarks.planting.law import PlantedClip
from models.motion.model import MotionModel
from models.motion.presets import MotionPreset
from pipeline.machine import machine, versions
from pipeline.motion.motion_task import MotionTask
from pipeline.motion.prepare import fitted, opened
from pipeline.motion.settings import MotionTraining
from pipeline.training.fit import Session, fit
from pipeline.training.speed import WAITED

PRESET = MotionPreset("planted", layers=2, width=64, heads=2, window=30, previous=6, dropout=0.0)
FRAMES, ASKED = 180, 80
"""Of each clip that is learned from, and of each that is asked for: three windows."""


@dataclass(frozen=True)
class Planted:
    """Measure what a generator learns of a law. people: to learn from, strangers: to be asked for."""

    people: int = 100
    strangers: int = 24
    steps: int = 3_000
    batch: int = 16
    seed: int = 0


def main(args: Planted) -> int:
    """A table, then one line of JSON. 0, or 1 when a goal is missed."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        model, waited = trained(Path(folder), args)
    learned = time.process_time() - began
    found = findings(model, asked_for(args))
    rows = [(each.name, each.value, f"{each.sense} {each.limit:g}", "" if each.reached else "missed") for each in found]
    print("\n".join(table(("what", "found", "goal", ""), rows)) + "\n")
    line = {
        "name": "planted",
        "missed": [each.name.strip() for each in found if not each.reached],
        "found": {each.name.strip(): round(each.value, 4) for each in found},
        "settings": asdict(args),
        "waited": round(waited, 4),
        "training_s": round(learned, 1),
        "measuring_s": round(time.process_time() - began - learned, 1),
        "processor": processor(),
        "machine": machine(),
        "versions": versions(),
    }
    print(json.dumps(line))
    return 0 if all(each.reached for each in found) else 1


def trained(folder: Path, args: Planted) -> tuple[MotionModel, float]:
    """A generator of a planted catalog that is written into `folder`, and the share of the time in which it waited for
    its windows."""
    write_planted(folder / "catalog", planted_clips(args.people, FRAMES, args.seed))
    training = MotionTraining(
        steps=args.steps,
        batch=args.batch,
        lr=2e-3,
        ema=0.99,
        audio_noise=0.0,
        leading=0.0,
        held_out_subjects=(0, 0),
        precision="fp32",
        seed=args.seed,
    )
    data = opened(str(folder / "catalog"), "", training, PRESET, folder / "cache")
    task = MotionTask(training, PRESET, data.space, fitted(data.space, data.train), data.train)
    points: list[dict[str, float]] = []

    def report(step: int, figures: dict[str, float]) -> None:
        points.append(figures)
        print(f"step {step} of {args.steps}  total {figures['total']:.3f}", file=sys.stderr, flush=True)

    model = fit(task, Session(log=250, examples=args.batch, report=report))
    assert isinstance(model, MotionModel)
    return model, sum(each[WAITED] for each in points) / len(points)


def asked_for(args: Planted) -> list[PlantedClip]:
    """Clips of people who are not in the catalog."""
    return planted_clips(args.strangers, ASKED, seed=1_000 + args.seed)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main(tyro.cli(Planted, description=__doc__)))
