"""How fast motion is drawn: seconds of calculation a second of new motion, in several ways, beside the limit.

A window of the preset with random weights and three branches: first plainly, three forwards of the training's network
in fp32 at every step, then with one measure more at a time. Ways take turns, the median of rounds counts. The limit is
what the bare multiplications by the blocks' weights take, in the same numbers and shapes. Goals, of the fastest way:
with 50 steps at most .5, with 10 at most .15, and 3 times the plain one's speed. With a trained file and a sound, also
how far each is from what the plain one draws of the same noise.

    python benchmarks/generate.py [--steps 10 50] [--threads 2] [--busy] [--compiled] [--checkpoint FILE --sound FILE]
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

import torch
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.generating.faithful import HEAD, distances
from benchmarks.generating.ways import EVERY, Way, multiplications, random_model, ways
from benchmarks.labelling.findings import table
from benchmarks.networks.figures import processor
from models.motion.generation import Sampling
from models.motion.presets import PRESETS
from pipeline.machine import machine, versions
from stages.clip import FPS

MOST = {50: 0.5, 10: 0.15}
"""Seconds of calculation a second of new motion, by the sampler's steps."""
LEAST_GAIN = 3.0
Result = TypeVar("Result")


@dataclass(frozen=True)
class Bench:
    """Measure how fast motion is drawn."""

    preset: str = "paper"
    steps: tuple[int, ...] = (10, 50)
    """Of the sampler, each by itself."""
    rounds: int = 3
    threads: int = 2
    busy: bool = False
    """For machines with other work: count the processor's time, in place of what passes on the wall."""
    brief: bool = False
    """Only the plain way and the last one."""
    compiled: bool = False
    """Also compile, which takes minutes and a C++ compiler."""
    checkpoint: Path | None = None
    """A trained motion generator, to tell how far the ways are apart."""
    sound: Path | None = None
    """A file with speech for it."""


@dataclass(frozen=True)
class Found:
    """Of a way: seconds a window; of its bare multiplications; how many times the plain one's speed; distance of its
    motion from the plain one's over that one's deviation."""

    seconds: float
    limit: float
    gain: float
    apart: float
    operations: float


def main(args: Bench) -> int:
    """Tables, then one line of JSON. 0, or 1 when a goal is missed, or 2 where a checkpoint has no sound."""
    if (args.checkpoint is None) != (args.sound is None):
        print("--checkpoint and --sound belong together: give both or neither", file=sys.stderr)
        return 2
    torch.set_num_threads(args.threads)
    preset = PRESETS[args.preset]
    model, fresh = random_model(preset), (preset.window - Sampling().overlap) / FPS
    lines, missed = {}, []
    for steps in args.steps:
        every = ways(model, steps, args.compiled)
        found = measured([every[0], every[-1]] if args.brief else every, args)
        rows = [
            (
                name,
                *(1e3 * x for x in (each.seconds, each.limit)),
                each.operations / each.limit / 1e9,
                each.limit / each.seconds,
                each.seconds / fresh,
                each.gain,
                each.apart,
            )
            for name, each in found.items()
        ]
        head = (f"{steps} steps", "ms a window", "limit ms", "its GFLOP/s", "limit/ours", "real time", "gain", "apart")
        print("\n".join(table(head, rows)) + "\n", flush=True)
        best = min(found.values(), key=lambda each: each.seconds)
        if best.seconds / fresh > MOST.get(steps, float("inf")):
            missed.append(f"{steps} steps, real time")
        if best.gain < LEAST_GAIN:
            missed.append(f"{steps} steps, gain")
        lines[str(steps)] = {
            name: {part: float(f"{value:.3g}") for part, value in vars(each).items()} for name, each in found.items()
        }
        if args.checkpoint is not None and args.sound is not None:
            rows_apart = list(distances(args.checkpoint, args.sound, steps, EVERY.get(steps, 1)))
            print("\n".join(table(HEAD, rows_apart)) + "\n", flush=True)
    line = {
        "name": "generate",
        "preset": preset.name,
        "found": lines,
        "goal": f"real time <= {MOST}; >= {LEAST_GAIN:g} times the plain speed",
        "missed": missed,
        "limit": "bare multiplications by the blocks' weights, in the same numbers and shapes, in the same run",
        "threads": args.threads,
        "counted": "the processor's time" if args.busy else "time on the wall",
        "load": os.getloadavg()[0],
        "processor": processor(),
        "machine": machine(),
        "versions": versions(),
    }
    print(json.dumps(line))
    return 1 if missed else 0


def measured(found: list[Way], args: Bench) -> dict[str, Found]:
    """All ways in turn, each with its limit behind it."""
    drawn: dict[str, torch.Tensor] = {}
    rounds: list[list[tuple[float, float]]] = []
    for place in range(args.rounds):
        rounds.append([])
        for way in found:
            spent, drawn[way.name] = timed(way.draw, args.busy)
            rounds[-1].append((spent, limit(way, args.busy)))
        print(f"round {place + 1} of {args.rounds}", file=sys.stderr, flush=True)
    plain = drawn[found[0].name]
    return {
        way.name: Found(
            seconds=median(each[k][0] for each in rounds),
            limit=median(each[k][1] for each in rounds),
            gain=median(each[0][0] / each[k][0] for each in rounds),
            apart=((drawn[way.name] - plain).std() / plain.std()).item(),
            operations=way.operations,
        )
        for k, way in enumerate(found)
    }


def limit(way: Way, busy: bool) -> float:
    """Seconds of a window's bare multiplications: of one step of each kind, times how many there are."""
    return sum(steps * timed(multiplications(way, tokens), busy)[0] for tokens, steps in Counter(way.tokens).items())


def timed(work: Callable[[], Result], busy: bool) -> tuple[float, Result]:
    """Seconds, of the processor where it is busy, and what came of it."""
    clock = time.process_time if busy else time.perf_counter
    begin = clock()
    done = work()
    return clock() - begin, done


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Bench, description=__doc__, config=(tyro.conf.FlagCreatePairsOff,))))
