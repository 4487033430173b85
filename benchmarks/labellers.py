"""The networks that label clips: items a second on one core (or a GPU), each beside the bare loop in the same run.

ours: the labeller's call on real-size items, all its preprocessing in it. bare: the same network object on the same
batch as float numbers, already as it wants them, and nothing else. Both in turn, one thread; the median over rounds
counts; on a CPU, seconds are those of the process. Weights are random and of full size. Goals, for the paper's
networks: ours at most 1.10 times bare, and what is no network (the labeller's own preprocessing and the stage's) at
most 20 % of the time.

    python benchmarks/labellers.py [--only l2cs arcface] [--device cuda] [--write [--extract LINE.json]]
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import cv2
import torch
import tyro

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.labelling.findings import table
from benchmarks.networks.case import PREPARE, SEARCH, Measured, Skipped, measure
from benchmarks.networks.cases import ALL, ON_CPU, PAPER
from benchmarks.networks.figures import updated
from benchmarks.networks.material import material
from models.weights.registry import WeightsMissing
from pipeline.extraction.throughput import PLACE, read_table

MOST_RATIO, MOST_SHARE = 1.10, 0.20
PACKAGES = ("numpy", "torch", "onnxruntime", "ai-edge-litert", "transformers", "opencv-python-headless")
HEAD = ("model", "batch", "bare/s", "ours/s", "ours/bare", "not network", "stage ms/min", "s/min")


@dataclass(frozen=True)
class NetworkActors:
    """Measure the networks that label clips.

    only: networks to measure, all without it. rounds: times the loops are repeated in turn. device: cpu or cuda.
    write: put the figures into throughput.json, from which the plan counts CPU cores for each GPU. extract:
    with --write, a file with the line of JSON that benchmarks/extract.py printed: the speed of what stays on the CPU.
    clip: a file for the tracked clip; read where it is there, else written, for machines without the sample footage.
    """

    only: Annotated[tuple[str, ...], tyro.conf.arg(help=f"of {', '.join(ALL)}")] = ()
    rounds: int = 7
    device: str = "cpu"
    write: bool = False
    extract: Path | None = None
    clip: Path | None = None


def main(args: NetworkActors) -> int:
    """A table, footnotes, then one line of JSON. 0, or 1 when a goal is missed, or 2 for a wrong argument."""
    names = [name for part in args.only for name in part.split(",")] or list(ALL)
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        print(f"no network {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    device, start = torch.device(args.device), time.perf_counter()
    # seconds of this process: time in which others have the core is not ours
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    shown = material(args.clip)
    found: dict[str, Measured] = {}
    skipped: dict[str, str] = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                if device.type == "cuda" and name in ON_CPU:
                    raise Skipped("runs on the CPU alone")
                case = ALL[name](shown, Path(folder), device)
            except (ImportError, Skipped, WeightsMissing) as error:
                skipped[name] = str(error)
                print(f"{name}: skipped: {error}", file=sys.stderr)
                continue
            found[name] = measure(case, args.rounds, clock)
            del case
        gc.collect()
        print(f"{name}: {found[name].rate:.4g} items/s", file=sys.stderr, flush=True)
    print("\n".join(page(found)))
    line = result(found, args.device)
    line |= {"skipped": skipped, "seconds": round(time.perf_counter() - start, 1)}
    print(json.dumps(line))
    if args.write:
        chain = None if args.extract is None else json.loads(args.extract.read_text().splitlines()[-1])
        PLACE.write_text(json.dumps(updated(read_table(), found, device, chain), indent=1) + "\n")
    return 1 if line["missed"] else 0


def page(found: dict[str, Measured]) -> list[str]:
    """The table for people, what one item is, and footnotes."""
    rows, notes = [], []
    for name, measured in found.items():
        about, bare, given = measured.about, measured.seconds("bare"), measured.seconds(PREPARE)
        assert bare is not None
        minute = measured.network_minute + measured.stage_minute
        share, cutting = f"{measured.share:.1%}", None if given is None else 1e3 * given
        rows.append((name, about.batch, 1 / bare, measured.rate, measured.ratio("bare"), share, cutting, minute))
        parts = [f"item: {about.item}, {about.per_minute:g} a minute of video, {about.at_once} at once"]
        plain, searched = measured.ratio("published"), measured.seconds(SEARCH)
        if plain is not None:
            parts.append(f"{plain:.2f} x the loop over the network as its file has it")
        if searched is not None:
            parts.append(f"search {1e3 * searched:.0f} ms a minute")
        notes.append(f"  {name}: {'; '.join([*parts, *([about.note] if about.note else [])])}")
    return [*table(HEAD, rows), "", *notes, ""]


def result(found: dict[str, Measured], device: str) -> dict[str, Any]:
    """The line of JSON; `missed` names the goals that the paper's networks do not reach."""
    ratios = {name: measured.ratio("bare") or 0.0 for name, measured in found.items()}
    shares = {name: measured.share for name, measured in found.items()}
    missed = [f"{name}.ratio" for name in PAPER if ratios.get(name, 0) > MOST_RATIO]
    if device == "cpu":
        # beside a GPU the stage's preprocessing is other cores' work, at the same time
        missed += [f"{name}.share" for name in PAPER if shares.get(name, 0) > MOST_SHARE]
    minutes = {name: measured.network_minute + measured.stage_minute for name, measured in found.items()}
    rounds = {
        name: {loop: [float(f"{seconds:.4g}") for seconds in values] for loop, values in measured.rounds.items()}
        for name, measured in found.items()
    }
    return {
        "name": "labellers",
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "shares": {name: round(value, 3) for name, value in shares.items()},
        "goals": {"ratios": f"<= {MOST_RATIO:.2f}", "shares": f"<= {MOST_SHARE:.2f}"},
        "missed": missed,
        "limit": "the same network object on the same batch as prepared float numbers, nothing else, in the same run",
        "items_per_second": {name: float(f"{measured.rate:.4g}") for name, measured in found.items()},
        "seconds_per_minute": {name: round(value, 3) for name, value in minutes.items()},
        "rounds": rounds,
        "device": device if device == "cpu" else torch.cuda.get_device_name(device),
        "cores": 1,
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main(tyro.cli(NetworkActors, description=__doc__)))
