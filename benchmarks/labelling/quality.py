"""Quality against damage: it must fall with every step of it."""

from __future__ import annotations

import numpy as np

from benchmarks.labelling.damage import LEVELS, ladders
from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.mirror import ALL_SINGLE
from benchmarks.labelling.shelf import Shelf
from stages.labels.quality import patch_quality


def measure(shelf: Shelf, names: tuple[str, ...] = ALL_SINGLE, kinds: tuple[str, ...] = tuple(LEVELS)) -> Result:
    """On the clips the formula was tuned on, four frames each."""
    return _measure(shelf, "clips", names, 4, kinds)


def measure_held_out(shelf: Shelf, names: tuple[str, ...] = ()) -> Result:
    """On clips the formula has never seen, two frames each."""
    if not names:
        acted = {n for n, _ in shelf.clips("faces") if n.startswith("mead_") and not n.endswith("neutral")}
        names = tuple(n for n, _ in shelf.clips("faces") if n not in acted)
    return _measure(shelf, "faces", names, 2, tuple(LEVELS))


def _measure(shelf: Shelf, folder: str, names: tuple[str, ...], frames: int, kinds: tuple[str, ...]) -> Result:
    rows, scores = [], []
    for name, path in shelf.clips(folder, names):
        steps = [
            [[patch_quality(p) for p in (ladder.clean, *ladder.steps[kind])] for kind in kinds]
            for ladder in ladders(path, shelf.clip(path).tracked(), frames, kinds)
        ]
        scores.append(np.mean(steps, axis=0))
        rows.append((name, float(scores[-1][0, 0]), *(" ".join(f"{v:.0f}" for v in line[1:]) for line in scores[-1])))
    array = np.array(scores)
    falls = (np.diff(array, axis=-1) < 0).all(-1).mean(0)
    below = (array[..., -1] < array[..., 0]).mean(0)
    means = array.mean(0)
    rows.append(("mean", float(means[0, 0]), *(" ".join(f"{v:.0f}" for v in line[1:]) for line in means)))
    findings = [
        *(Finding(f"{k}_{folder}_falls_each_step", float(v), 0.9) for k, v in zip(kinds, falls, strict=True)),
        *(Finding(f"{k}_{folder}_strongest_below_clean", float(v), 1.0) for k, v in zip(kinds, below, strict=True)),
        Finding(f"{folder}_measured", len(rows) - 1),
    ]
    return Result(tuple(findings), table(("clip", "clean", *kinds), rows))
