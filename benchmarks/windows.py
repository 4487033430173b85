"""Windows of motion a second, beside what a memory map of the same numbers gives and what Parquet does.

Makes catalogs of made-up clips through the writer and draws batches of windows from each in three ways, in turn: ours;
(a) slices of one NumPy memory map that holds pose, dynamics and sound side by side, brought to float32, which is the
limit; (b) `read_parquet` of the clip that a window is of. One thread, time of the processor.

    python benchmarks/windows.py
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import catalogs
from benchmarks.labelling.findings import table
from benchmarks.networks.figures import processor
from catalogs import Writer
from catalogs.latent_store import ARRAYS
from catalogs.schema import conform
from catalogs.staging import stage_span
from catalogs.windows import WindowReader, open_windows
from pipeline.machine import machine, versions

FINGERPRINT = "made-up"
SPAN = 100
"""Clips staged at once."""
OF_LIMIT, OF_PARQUET = 0.5, 20.0
"""Goals: at least so many times (a), and (b)."""


@dataclass(frozen=True)
class Windows:
    """Measure windows. clips, frames: of each catalog, how many clips, and their frames. widths: numbers a frame of
    pose, dynamics and sound. seconds: of each of the three, in each of the rounds."""

    clips: tuple[int, ...] = (100, 10_000)
    frames: tuple[int, ...] = (250, 60)
    widths: tuple[int, int, int] = (6, 32, 384)
    batch: int = 16
    seconds: float = 0.5
    rounds: int = 5


def main(args: Windows) -> int:
    """A table, then one line of JSON. 0, or 1 when a goal is missed."""
    torch.set_num_threads(1)
    found = {}
    for clips, frames in zip(args.clips, args.frames, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder) / "catalog", clips, frames, args.widths)
            found[str(clips)] = measured(Path(folder), args)
        print(f"{clips} clips: measured", file=sys.stderr, flush=True)
    head = ("clips", "ours/s", "(a) map/s", "(b) Parquet/s", "ours/(a)", "ours/(b)", "copy s", "open s", "index MB")
    print("\n".join(table(head, [(clips, *each.values()) for clips, each in found.items()])) + "\n")
    missed = [f"{clips} clips, (a)" for clips, each in found.items() if each["of_limit"] < OF_LIMIT]
    missed += [f"{clips} clips, (b)" for clips, each in found.items() if each["of_parquet"] < OF_PARQUET]
    line = {
        "name": "windows",
        "ratios": {clips: {name: each[name] for name in ("of_limit", "of_parquet")} for clips, each in found.items()},
        "goal": f">= {OF_LIMIT} of the memory map, >= {OF_PARQUET:g} times read_parquet of a clip a window",
        "missed": missed,
        "limit": "slices of a NumPy memory map of the same numbers, in float32, in the same run",
        "found": found,
        "processor": processor(),
        "machine": machine(),
        "versions": versions(),
    }
    print(json.dumps(line))
    return 1 if missed else 0


def measured(folder: Path, args: Windows) -> dict[str, float]:
    """Windows a second of the processor's time in the three ways, ratios, and what opening took."""
    catalog, cache = folder / "catalog", folder / "cache"
    copying = seconds(lambda: open_windows(catalog, cache=cache))
    opening = seconds(lambda: open_windows(catalog, cache=cache))
    reader = open_windows(catalog, cache=cache)
    ways = (ours(reader, args.batch), memory_map(reader, folder / "map.npy", args), parquet(catalog, reader))
    rounds = [[rate(way, args.seconds) for way in ways] for _ in range(args.rounds + 1)][1:]
    own, limit, slow = (statistics.median(each) for each in zip(*rounds, strict=True))
    return {
        "windows": round(own),
        "map": round(limit),
        "parquet": round(slow, 1),
        "of_limit": round(statistics.median(each[0] / each[1] for each in rounds), 2),
        "of_parquet": round(statistics.median(each[0] / each[2] for each in rounds), 1),
        "copy_s": round(copying, 2),
        "open_s": round(opening, 2),
        "index_mb": round(8 * len(reader) / 2**20 + sum(map(_bytes, vars(reader.clips).values())) / 2**20, 2),
    }


def ours(reader: WindowReader, batch: int) -> Callable[[], int]:
    """A batch of an epoch after the other."""
    steps = count()
    return lambda: len(reader.draw(next(steps), 0, 1, batch))


def memory_map(reader: WindowReader, path: Path, args: Windows) -> Callable[[], int]:
    """As many frames of a memory map, from anywhere in it."""
    clips, lines = reader.clips, int((reader.clips.end - reader.clips.begin).sum())
    made = np.lib.format.open_memmap(path, "w+", np.float16, (lines, sum(args.widths)))
    at = 0
    for file, start, length in zip(clips.file, clips.start, clips.end, strict=True):
        values = reader.latents.values[file][start : start + length * made.shape[1]]
        made[at : at + length] = values.reshape(length, -1)
        at += length
    made.flush()
    held, random = np.load(path, mmap_mode="r"), np.random.default_rng(0)
    frames = reader.previous + reader.window

    def draw() -> int:
        out = np.empty((args.batch, frames, held.shape[1]), np.float16)
        for place, first in enumerate(random.integers(0, lines - frames, args.batch).tolist()):
            out[place] = held[first : first + frames]
        return len(torch.from_numpy(out).float())

    return draw


def parquet(catalog: Path, reader: WindowReader) -> Callable[[], int]:
    """A window of a clip that DuckDB has read."""
    connection = catalogs.open(catalog)
    connection.execute("SET threads = 1")
    columns = ", ".join(ARRAYS)
    random = np.random.default_rng(0)

    def draw() -> int:
        clip = int(random.integers(len(reader.clips)))
        own = reader.clips.clip_id[clip].decode()
        found = connection.sql(f"SELECT frames, {columns} FROM latents WHERE clip_id = '{own}'").to_arrow_table()
        length = found["frames"][0].as_py()
        first = int(random.integers(length - reader.window + 1))
        for name in ARRAYS:
            torch.from_numpy(found[name][0].values.to_numpy().reshape(length, -1)[first : first + reader.window].copy())
        return 1

    return draw


def make(catalog: Path, clips: int, frames: int, widths: tuple[int, int, int]) -> None:
    """A catalog of made-up clips, written as every catalog is."""
    random = np.random.default_rng(0)
    arrays = [random.standard_normal((2 * frames, width), np.float32).astype(np.float16) for width in widths]
    with Writer.open(catalog, {"stages": []}, FINGERPRINT) as writer:
        for span in range(0, clips, SPAN):
            numbers = range(span, min(span + SPAN, clips))
            key = f"{span:032x}"
            rows = [_row(number, key, frames) for number in numbers]
            latents = [
                _latents(row["clip_id"], arrays, number % frames, frames)
                for number, row in zip(numbers, rows, strict=True)
            ]
            tables = {"clips": rows, "latents": latents, "previews": []}
            stage_span(catalog, key, 0, {name: conform(name, each) for name, each in tables.items()})
        writer.commit()


def _row(number: int, key: str, frames: int) -> dict[str, Any]:
    spread = number * 0x9E3779B97F4A7C15 % 2**64
    return {
        "clip_id": f"{spread:016x}{number:016x}",
        "source_uri": f"/made/{number}.mp4",
        "source_key": key,
        "span_index": 0,
        "span_count": 1,
        "start_s": 0.0,
        "end_s": frames / 25,
        "status": "accepted",
        "frames": frames,
        "gaze_theta": 1.0,
        "gaze_phi": 1.0,
        "distance": 1.0,
        "emotion": {"neutral": 1.0},
        "recipe": FINGERPRINT,
        "run_id": "made",
    }


def _latents(clip_id: str, arrays: list[np.ndarray], first: int, frames: int) -> dict[str, Any]:
    own = {name: values[first : first + frames] for name, values in zip(ARRAYS, arrays, strict=True)}
    return {"clip_id": clip_id, "frames": frames, **own}


def rate(way: Callable[[], int], least: float) -> float:
    """Windows a second of the processor's time."""
    start, windows = time.process_time(), 0
    while (spent := time.process_time() - start) < least or not windows:
        windows += way()
    return windows / spent


def seconds(work: Callable[[], object]) -> float:
    """Of the processor."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _bytes(value: Any) -> int:
    return sum(map(_bytes, value.values())) if isinstance(value, dict) else getattr(value, "nbytes", 0)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Windows, description=__doc__)))
