"""Are the labels right? Measures every label on real clips and holds the figures against their limits.

Run as `python benchmarks/labels.py --shared ../shared [--only pose mirror ...]`; docs/labels.md explains the figures.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import tyro

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.labelling import (  # noqa: E402
    deep3d,
    emotion,
    events,
    faces,
    gaze,
    identity,
    mirror,
    pose,
    quality,
    speech,
    timing,
)
from benchmarks.labelling.findings import Result, verdict_lines  # noqa: E402
from benchmarks.labelling.shelf import Shelf  # noqa: E402

MEASURES: dict[str, Callable[[Shelf], Result]] = {
    "pose": pose.measure,
    "mirror": mirror.measure,
    "padding": mirror.measure_padding,
    "quality": quality.measure,
    "quality-held-out": quality.measure_held_out,
    "found": faces.measure_found,
    "none": faces.measure_none,
    "events": events.measure,
    "drift": faces.measure_drift,
    "emotion": emotion.measure,
    "speech": speech.measure,
    "gaze": gaze.measure,
    "deep3d": deep3d.measure,
    "identity": identity.measure,
    "timing": timing.measure,
    "decoders": timing.measure_decoders,
}


@dataclass(frozen=True)
class Labels:
    """Measures the labels on the shared test material.

    shared: the folder of test material. only: measures to run, all without it. keep: folder for references and
    altered clips; what is in it is used again while the code is the same.
    """

    shared: Path = ROOT.parent / "shared"
    only: Annotated[tuple[str, ...], tyro.conf.arg(help=f"of {', '.join(MEASURES)}")] = ()
    keep: Path = ROOT / "output" / "labels"


def main(config: Labels) -> int:
    """Print tables, then one line of JSON. 0, or 1 when a limit is missed, or 2 for a wrong argument."""
    names = [n for part in config.only for n in part.split(",")] or list(MEASURES)
    unknown = sorted(set(names) - set(MEASURES))
    if unknown or not (config.shared / "clips").is_dir():
        what = f"no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}"
        print(what if unknown else f"no clips in {config.shared}; name their folder with --shared", file=sys.stderr)
        return 2
    shelf = Shelf(config.shared, config.keep)
    start, values, missed, seconds = time.perf_counter(), {}, [], {}
    for name in names:
        begin = time.perf_counter()
        result = MEASURES[name](shelf)
        seconds[name] = round(time.perf_counter() - begin, 1)
        print(
            "\n".join((f"== {name} ({seconds[name]} s)", "", *result.table, "", *verdict_lines(result), "")), flush=True
        )
        values[name] = {
            f.name: {"value": round(f.value, 4), "limit": f.limit, "reached": f.reached} for f in result.findings
        }
        missed += [f"{name}.{f.name}" for f in result.findings if f.reached is False]
    line = {
        "name": "labels",
        "measures": values,
        "missed": missed,
        "seconds": round(time.perf_counter() - start, 1),
        "seconds_per_measure": seconds,
        "cores": 1,
        "versions": {
            "python": platform.python_version(),
            **{p: _version(p) for p in ("numpy", "av", "decord", "mediapipe", "ai-edge-litert", "onnxruntime")},
        },
    }
    print(json.dumps(line))
    return 1 if missed else 0


def _version(package: str) -> str | None:
    try:
        return version(package)
    except ModuleNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Labels, description=__doc__)))
