"""Functions and stages that misbehave on demand, for child processes and workers, and tiny videos to try them on."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from pipeline.extraction.recipe import Recipe
from stages.clip import Clip, Outcome, Reject, Resources, Runner
from stages.labels.probe import Probe
from stages.video.encode import write_video
from stages.video.header import Unreadable


def fail() -> None:
    raise LookupError("asked for")


def hang() -> None:
    time.sleep(1000)


def segfault() -> None:
    ctypes.string_at(0)


def questions(count: int, ask: Callable[..., int]) -> list[int]:
    """`count` answers to (the answer before, the number of the question)."""
    answers = [0]
    for number in range(1, count + 1):
        answers.append(ask(answers[-1], number))
    return answers[1:]


def ask_and_hang(ask: Callable[..., int]) -> None:
    ask(1)
    time.sleep(1000)


@dataclass(frozen=True)
class Faulty:
    """A stage that does to a clip what the name of its file asks for; every visit leaves a mark beside the file.

    crash, crash_once (only at the first visit), hang, hang_once, raise, broken (Unreadable), reject, vector_X (a face
    vector for the person X), lose_gpu (CUDA fails for this process), lose_gpu_once, nan (an array
    that is no number); other clips pass.
    """

    strength: float = 1.0
    gentle: bool = False
    most: int = 3

    name: ClassVar[str] = "screen"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([])

    def open(self) -> Runner:
        return self._judge

    def _judge(self, clip: Clip) -> Outcome:
        name = Path(clip.path).stem
        mark(clip.path)
        first = visits(clip.path) == 1
        if name.startswith("crash") and (first or "once" not in name):
            segfault()
        if name.startswith("hang") and (first or "once" not in name):
            hang()
        if name.startswith("lose_gpu") and (first or "once" not in name):
            raise RuntimeError("CUDA error: device-side assert triggered")
        if name.startswith("raise"):
            raise LookupError(f"asked for by {name}")
        if name.startswith("broken"):
            raise Unreadable(f"{clip.path}: damaged on purpose")
        if name.startswith("reject"):
            return Reject("no_face", "0 faces, 1 wanted", clip)
        if name.startswith("nan"):
            return clip.add_arrays(gaze=np.full((int(clip.columns["frames"]), 2), np.nan))
        if name.startswith("vector_"):
            return clip.add(face_vector=person(name.split("_")[1]))
        return clip


@dataclass(frozen=True)
class Cutter:
    """A stage that cuts a clip at the multiples of `every` seconds, as the face track does at scene changes."""

    every: float = 2.0

    name: ClassVar[str] = "track"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([("faces_max", pa.int32())])

    def open(self) -> Runner:
        return self._cut

    def _cut(self, clip: Clip) -> Outcome:
        clip = clip.add(faces_max=1)
        end = (clip.start_s // self.every + 1) * self.every
        if end >= clip.end_s:
            return clip
        return replace(clip, end_s=end, rest=replace(clip, start_s=end, columns={}))


def mark(path: str) -> None:
    """Note one visit to the file at `path`."""
    with open(f"{path}.visits", "a") as file:
        file.write("x")


def visits(path: str | Path) -> int:
    """How often a Faulty stage saw the file."""
    found = Path(f"{path}.visits")
    return len(found.read_text()) if found.exists() else 0


def person(name: str) -> np.ndarray:
    """The face vector of a made-up person, at a distance of about 1 from all others."""
    vector = np.random.default_rng(sum(name.encode())).normal(size=128)
    return (0.7 * vector / np.linalg.norm(vector)).astype(np.float32)


def quick_recipe(*more: Faulty | Cutter, max_seconds: float = 60.0, min_seconds: float = 0.1) -> Recipe:
    """A recipe that loads no weights and decodes nothing."""
    probe = Probe(min_seconds=min_seconds, min_pixels=16, audio=False)
    return Recipe("faulty", (probe, *(more or (Faulty(),))), max_seconds)


def tiny_video(path: Path, seed: int = 0, seconds: float = 1.0) -> Path:
    """A video of 64x48 in one grey a seed, so that each seed gives other bytes."""
    frames = (np.full((48, 64, 3), (seed * 37 + i) % 251, np.uint8) for i in range(round(seconds * 25)))
    write_video(path, frames, 25, options={"preset": "ultrafast"}, container="mp4")
    return path
