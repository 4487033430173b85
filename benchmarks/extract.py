"""Extraction against its limits, on the same clips in one run.

(a) the kernels alone, one process per core, no Ray, no catalog; (b) the job; (c) one script per step, each decoding
again (benchmarks/chain.py); (d) decoding alone. Goals: b at most 1.15 a in the steady state, c at least 2 b, a at
most 5 d.

    python benchmarks/extract.py --input ../shared/clips
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import chain
from benchmarks.clips import clip_of
from benchmarks.pool import cores, timed
from pipeline.extraction.clip_runner import ClipRunner
from pipeline.extraction.recipe import open_profile
from pipeline.machine import versions
from stages.video.header import Unreadable
from stages.video.pyav import read_header
from stages.video.reader import Decoder

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Bench:
    """Measure extraction against its limits."""

    input: str
    """A folder of clips."""
    rounds: int = 3
    """Times a, b and d are repeated in turn; the median counts."""
    chain: bool = True
    """Also run the one-script-per-step chain (slow)."""


def open_kernels() -> Callable[[str], dict[str, float]]:
    """All stages in one process; seconds by stage of a clip."""
    judge = ClipRunner(open_profile())

    def work(path: str) -> dict[str, float]:
        seconds: Counter[str] = Counter()
        for verdict in judge(clip_of(path)):
            seconds.update(verdict.seconds)
        return dict(seconds)

    return work


def open_decoding(decoder: Decoder) -> Callable[[str], int]:
    """Decoding alone: frames at 25 fps, RGB, and nothing done with them."""

    def work(path: str) -> int:
        try:
            return sum(1 for _ in clip_of(path, sound=False, decoder=decoder).frames)
        except Unreadable:
            return 0

    return work


def job(folder: str, workers: int) -> dict[str, Any]:
    """The job itself, as a user runs it: its summary."""
    with tempfile.TemporaryDirectory() as catalog:
        command = [sys.executable, str(ROOT / "jobs/extract.py"), "--input", folder, "--catalog", catalog, "--json"]
        done = subprocess.run([*command, "--workers", str(workers)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main(args: Bench) -> None:
    count = cores()
    paths = sorted(str(path.resolve()) for path in Path(args.input).iterdir() if path.suffix in (".mp4", ".mov"))
    # longest first, so that no process waits long for the last clip of another
    paths.sort(key=lambda path: -read_header(path).duration)
    video = sum(min(60.0, read_header(path).duration) for path in paths)
    print(f"{len(paths)} clips, {video:.0f} s of video, {count} cores", file=sys.stderr)
    measured: dict[str, list[float]] = {}

    def note(name: str, value: float, more: str = "") -> None:
        measured.setdefault(name, []).append(value)
        print(f"{name:<28} {value:8.2f} s  {video / value:7.1f} video s/s {more}", file=sys.stderr, flush=True)

    shares: Counter[str] = Counter()
    for _ in range(args.rounds):
        note("d decoding, pyav", timed(partial(open_decoding, "pyav"), paths, count)[1])
        note("  decoding, decord", timed(partial(open_decoding, "decord"), paths, count)[1])
        opening, working, stages = timed(open_kernels, paths, count)
        note("a kernels alone", working, f"(after {opening:.1f} s of opening)")
        shares = Counter()
        for part in stages:
            shares.update(part)
        summary = job(args.input, count)
        note("b job, steady", summary["seconds"] - summary["startup_seconds"])
        note("b start-up", summary["startup_seconds"])
    seconds = {name: median(values) for name, values in measured.items()}
    ratios = {
        "job_over_kernels": seconds["b job, steady"] / seconds["a kernels alone"],
        "kernels_over_decoding": seconds["a kernels alone"] / seconds["d decoding, pyav"],
        "decord_over_pyav": seconds["  decoding, decord"] / seconds["d decoding, pyav"],
    }
    if args.chain:
        whole = seconds["b job, steady"] + seconds["b start-up"]
        for name, chained in (("c one script per step", chain.alone), ("  sharing landmarks", chain.sharing)):
            spent, accepted = chained(paths, count)
            note(name, spent, f"({accepted} accepted)")
            seconds[name] = spent
        ratios |= {
            "chain_over_job": seconds["c one script per step"] / whole,
            "chain_over_job_steady": seconds["c one script per step"] / seconds["b job, steady"],
            "sharing_chain_over_job_steady": seconds["  sharing landmarks"] / seconds["b job, steady"],
        }
    total = sum(shares.values())
    result = {
        "name": "extract",
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "goals": {"job_over_kernels": "<= 1.15", "chain_over_job": ">= 2", "kernels_over_decoding": "<= 5"},
        "limit": "a: the same stages in one process per core, no Ray, no catalog",
        "seconds": {name.strip(): round(value, 2) for name, value in seconds.items()},
        "rounds": {name.strip(): [round(value, 2) for value in values] for name, values in measured.items()},
        "video_seconds": round(video, 1),
        "video_seconds_per_second_per_core": round(video / seconds["b job, steady"] / count, 2),
        "stage_share": {name: round(value / total, 3) for name, value in shares.most_common()},
        "cores": count,
        "versions": versions(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(tyro.cli(Bench))
