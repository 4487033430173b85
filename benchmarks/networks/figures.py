"""From measurements to the figures in pipeline/extraction/throughput.json."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.networks.case import Measured
from benchmarks.networks.material import MINUTE
from pipeline.extraction.throughput import Table


def updated(
    table: Table, found: Mapping[str, Measured], device: torch.device, extract: Mapping[str, Any] | None = None
) -> Table:
    """`table` with what was found on `device`; figures of other networks stay where the machine is the same.

    extract: the line of JSON of benchmarks/extract.py, from which the speeds of the stages on a CPU core come, and the
    job's start-up.
    """
    name = processor() if device.type == "cpu" else torch.cuda.get_device_name(device)
    key = "cpu" if device.type == "cpu" else "gpu"
    before = table[key] if table[key] and table[key]["name"] == name else {"items": {}, "networks": {}}
    stages = {measured.about.stage: measured for measured in found.values() if measured.about.stage}
    block = {
        "name": name,
        "date": _today(),
        "items": before["items"] | {model: _short(measured.rate) for model, measured in found.items()},
        "networks": before["networks"]
        | {stage: _short(MINUTE / measured.network_minute) for stage, measured in stages.items()},
    }
    if device.type != "cpu":
        return {**table, key: block}
    chain = dict(table["cpu_chain"])
    chain["preparing"] = chain["preparing"] | {
        stage: _short(MINUTE / measured.stage_minute) for stage, measured in stages.items() if measured.stage_minute
    }
    if extract is not None:
        whole = extract["video_seconds_per_second_per_core"]
        shares = extract["stage_share"]
        chain |= {"name": name, "date": _today(), "stages": {role: _speed(whole, s) for role, s in shares.items()}}
        chain["startup_seconds"] = extract["seconds"]["b start-up"]
    return {**table, key: block, "cpu_chain": chain}


def processor() -> str:
    """The CPU's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _speed(whole: float, share: float) -> float | None:
    """A stage's own speed; None where its share is too small to show."""
    return _short(whole / share) if share else None


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
