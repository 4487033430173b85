"""A stage with a network that is easily watched: it measures brightness, and runs out of memory or dies on demand."""

from __future__ import annotations

import ctypes
import json
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import ray
import torch

from models.runtime.batches import Model
from stages.batched import BatchedStage
from stages.clip import Clip, Outcome, Resources


@dataclass(frozen=True)
class Brightness(BatchedStage):
    """Adds quality, the mean brightness of a clip's first frames.

    log: folder in which each call of the network leaves a file. room: items that fit into its memory. deaths: times
    its process dies in its second call. lost: times a clip of level 100 makes CUDA fail, and with it all later calls of
    that process. hung: times one of level 140 hangs; frozen: one of 180, and no other thread of the process runs
    then. stillborn: it cannot be loaded; asleep: its loading does not end.
    """

    log: str = ""
    room: int = 1000
    deaths: int = 0
    lost: int = 0
    hung: int = 0
    frozen: int = 0
    stillborn: bool = False
    asleep: bool = False
    frames: int = 3

    name: ClassVar[str] = "quality"
    variant: ClassVar[str] = "brightness"
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=1.0)
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([("quality", pa.float32())])
    batch: ClassVar[int] = 8

    def model(self) -> Model:
        if self.stillborn:
            raise torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device")
        if self.asleep:
            time.sleep(1000)
        folder, calls, poisoned = Path(self.log), 0, False

        def left(items: Sequence[np.ndarray], level: int, times: int, fault: str) -> bool:
            """Whether this fault is still to happen to a clip of that level among the items; it is noted as done."""
            shown = any(abs(item.mean() - level) < 3 for item in items)
            if not shown or len(list(folder.glob(f"*.{fault}"))) >= times:
                return False
            (folder / f"{uuid.uuid4().hex}.{fault}").touch()
            return True

        def run(items: Sequence[np.ndarray]) -> list[np.ndarray]:
            nonlocal calls, poisoned
            calls += 1
            (folder / f"{uuid.uuid4().hex}.json").write_text(json.dumps([len(items), os.getpid(), _gpus()]))
            if calls == 2 and len(list(folder.glob("*.died"))) < self.deaths:
                (folder / f"{uuid.uuid4().hex}.died").touch()
                os._exit(1)
            poisoned = poisoned or left(items, 100, self.lost, "lost")
            if poisoned:
                raise torch.AcceleratorError("CUDA error: device-side assert triggered\nCUDA kernel errors might ...")
            if left(items, 140, self.hung, "hung"):
                time.sleep(1000)
            if left(items, 180, self.frozen, "frozen"):
                ctypes.PyDLL(None).sleep(1000)
            if len(items) > self.room:
                raise RuntimeError("CUDA out of memory")
            if any(item.mean() > 250 for item in items):
                raise ValueError("too bright for this network")
            return [np.array(item.mean()) for item in items]

        return run

    def items(self, clip: Clip) -> list[np.ndarray]:
        return [frame.image[::4, ::4] for frame in islice(clip.frames, self.frames)]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        return clip.add(quality=float(np.mean(answers))).add_arrays(pose=np.zeros((clip.columns["frames"], 6)))


@dataclass(frozen=True)
class HalfBrightness(Brightness):
    """Two of these share a GPU."""

    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.5)


@dataclass(frozen=True)
class OtherHalf(HalfBrightness):
    """The other one, under another name."""

    name: ClassVar[str] = "distance"


def calls(folder: Path) -> list[tuple[int, int, list[str]]]:
    """(items, process, GPUs) of every call of the network."""
    return [tuple(json.loads(path.read_text())) for path in folder.glob("*.json")]


def _gpus() -> list[str]:
    """GPUs that Ray gave this process; none outside of an actor."""
    return [str(gpu) for gpu in ray.get_runtime_context().get_accelerator_ids()["GPU"]] if ray.is_initialized() else []
