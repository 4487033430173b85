"""How long the clustering of people takes, how much memory, and how right it is, on made-up face vectors.

    python benchmarks/people.py            # 1,000, 10,000 and 100,000 clips; about six minutes on two busy cores
    python benchmarks/people.py --clips 10000

The vectors are at the distances of real ones (docs/labels.md): .39 in the median between two clips of one person, .75
between people; some looks are clear and some are not, and some people have hundreds of clips.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.people.clustering import clusters
from pipeline.people.naming import SAME_PERSON


@dataclass(frozen=True)
class People:
    """Cluster made-up people."""

    clips: tuple[int, ...] = (1_000, 10_000, 100_000)
    """How many clips; each number in a process of its own, so that the memory is its own."""
    seed: int = 0
    """Of the vectors."""


def made_up(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """float32 [count, 128] face vectors, and who each shows: few people with many clips, many with few."""
    random = np.random.default_rng(seed)
    sizes = np.maximum(1, random.pareto(1.2, count) * 4).astype(int).clip(max=max(1, count // 20))
    who = np.repeat(np.arange(len(sizes)), sizes)[:count]
    clear = random.lognormal(-1.33, 0.25, (count, 1))
    vectors = random.normal(size=(who[-1] + 1, 128))[who] * 0.75 / 16 + random.normal(size=(count, 128)) * clear / 16
    return vectors.astype(np.float32), who


def pairs(labels: np.ndarray) -> int:
    """How many pairs have one label."""
    counts = np.unique(labels, return_counts=True)[1].astype(int)
    return int((counts * (counts - 1) // 2).sum())


def one(count: int, seed: int) -> None:
    """Print a row of the table."""
    vectors, who = made_up(count, seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    found = clusters(vectors, SAME_PERSON)
    seconds = time.perf_counter() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    both = pairs(found.astype(np.int64) * (who.max() + 1) + who)
    print(
        f"| {count:,} | {who.max() + 1:,} | {np.bincount(who).max():,} | {seconds:.1f} | {memory:.0f} "
        f"| {both / max(1, pairs(found)):.4f} | {both / max(1, pairs(who)):.4f} |",
        flush=True,
    )


def main(args: People) -> None:
    if len(args.clips) == 1:
        one(args.clips[0], args.seed)
        return
    print("| clips | people | most clips of one | seconds | MB more | precision | recall |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for count in args.clips:
        subprocess.run([sys.executable, __file__, "--clips", str(count), "--seed", str(args.seed)], check=True)


if __name__ == "__main__":
    main(tyro.cli(People))
