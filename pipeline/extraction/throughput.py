"""How fast stages and networks were measured to be (throughput.json), and how many CPU cores a GPU needs.

`python benchmarks/labellers.py --write` writes the figures. All are seconds of video a second, on one CPU core or one
GPU, at the stages' default sampling. `python benchmarks/storage.py --write` adds the bytes that are stored.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.extraction.recipe import Recipe
from stages.batched import BatchedStage
from stages.networks import Network

PLACE = Path(__file__).with_name("throughput.json")

Table = dict[str, Any]
"""cpu, gpu (None where not measured): name, date, items (of each network a second), networks ("name=variant").

cpu_chain: name, date, startup_seconds (of the job), stages (each role of profile `open`, None: too quick to show),
preparing ("name=variant": making a network's items).
storage: name, date, clips (what it was measured on), bytes_per_second (of accepted video: rows, and frames_SIZE, which
come on top of them).
"""


@dataclass(frozen=True)
class Supply:
    """What the networks of a recipe label on one device, and what prepares clips for them on one CPU core.

    device: "gpu" or "cpu"; name, date: which one it was, and when it was measured. labelled, prepared: seconds of
    video a second. unmeasured: networks, and work that stays on the CPU, whose speed is not known and not counted.
    """

    device: str
    name: str
    date: str
    labelled: float
    prepared: float
    unmeasured: tuple[str, ...] = ()

    @property
    def cores(self) -> float:
        """CPU cores that keep one device busy; under 1 where one core feeds several."""
        return self.labelled / self.prepared

    def describe(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "cores": self.cores}


@dataclass(frozen=True)
class WorkerSpeed:
    """Seconds of video a second of one worker that runs all networks itself; which core, and when. unmeasured: not
    counted in it.
    """

    speed: float
    name: str
    date: str
    unmeasured: tuple[str, ...] = ()


def worker_speed(recipe: Recipe, table: Table) -> WorkerSpeed | None:
    """The speed of a worker on one CPU core where every clip is accepted; None without figures."""
    chain, missing = _chain(recipe, table["cpu_chain"])
    speeds = (table["cpu"] or {"networks": {}})["networks"]
    networks = [_named(network) for network in recipe.networks()]
    known = [*chain, *(speeds[name] for name in networks if name in speeds)]
    if not chain:
        return None
    unmeasured = tuple(dict.fromkeys([*(name for name in networks if name not in speeds), *missing]))
    return WorkerSpeed(_together(known), table["cpu_chain"]["name"], table["cpu_chain"]["date"], unmeasured)


def frame_bytes(recipe: Recipe, table: Table) -> float | None:
    """Bytes that frames for face training add a second of video; 0 for a recipe without, None where not measured."""
    sizes = [stage.size for stage in recipe.stages if stage.name == "frames"]  # type: ignore[attr-defined]
    if not sizes:
        return 0.0
    found = (table.get("storage") or {"bytes_per_second": {}})["bytes_per_second"].get(f"frames_{sizes[0]}")
    return None if found is None else float(found)


def read_table(path: Path = PLACE) -> Table:
    """The measured figures."""
    return dict(json.loads(path.read_text()))


def supply(recipe: Recipe, table: Table) -> Supply | None:
    """The figures for `recipe`, of a GPU where one was measured; None without networks, or without their speeds."""
    networks = [_named(network) for network in recipe.networks()]
    device = "gpu" if table["gpu"] else "cpu"
    measured = table[device] or {"networks": {}}
    speeds = measured["networks"]
    known = [name for name in networks if name in speeds]
    chain, missing = _chain(recipe, table["cpu_chain"])
    if not known or not chain:
        return None
    return Supply(
        device=device,
        name=measured["name"],
        date=measured["date"],
        labelled=_together([speeds[name] for name in known]),
        prepared=_together(chain),
        unmeasured=tuple(dict.fromkeys([*(name for name in networks if name not in speeds), *missing])),
    )


def _chain(recipe: Recipe, chain: Table) -> tuple[list[float], list[str]]:
    """Speeds of all that stays on the CPU, and what of it was not measured."""
    stages = [stage.name for stage in recipe.stages if not isinstance(stage, BatchedStage)]
    asked = [(chain["stages"], name) for name in stages]
    asked += [(chain["preparing"], _named(network)) for network in recipe.networks()]
    speeds = [table[name] for table, name in asked if name in table]
    missing = [name for table, name in asked if name not in table]
    return [speed for speed in speeds if speed is not None], missing


def _named(network: Network) -> str:
    return f"{network.name}={network.variant}"


def _together(speeds: list[float]) -> float:
    """The speed of several done one after the other."""
    return 1 / sum(1 / speed for speed in speeds)
