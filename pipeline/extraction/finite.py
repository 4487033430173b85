"""Whether what a stage found is numbers that a catalog can hold: NaN and infinity stop at the stage that made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stages.clip import Clip

_HALF = float(np.finfo(np.float16).max)
_NETWORK = "see whether other clips fare better, else give the stage other weights; --retry-failed decides it again"
_ADVICE = "leave the clip out, or look at its pictures and sound there; --retry-failed decides it again"


class NotFinite(ValueError):
    """A stage gave NaN, infinity or what overflows float16; names the column, where it first does, and what to do."""


def check_finite(before: Clip, after: Clip) -> None:
    """Raises NotFinite for what a stage has added to the clip `before` and no catalog can hold."""
    for name, value in _added(before.columns, after.columns):
        for part in value.values() if isinstance(value, Mapping) else (value,):
            found = np.asarray(part)
            if found.dtype.kind == "f" and not np.isfinite(found).all():
                raise NotFinite(f"its {name} is {_said(found)}; {_ADVICE}")
    for name, array in (*_added(before.arrays, after.arrays), *_added(before.stored, after.stored)):
        found = np.asarray(array)
        if found.dtype.kind == "f":
            _check(name, found)


def _added(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in after.items() if value is not before.get(name)]


def _check(name: str, array: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        bad: np.ndarray = np.logical_not(np.isfinite(array.astype(np.float16)))
    if not bad.any():
        return
    rows = np.array([row.any() for row in bad])
    first = int(np.argmax(rows))
    what = _said(array[first])
    if array.ndim > 1 and len(rows) > 1 and rows.all():
        raise NotFinite(f"its array {name} is {what}, first at frame 0 and so in all {len(rows)}; {_NETWORK}")
    place = f"frame {first} of {len(array)}" if array.ndim > 1 else f"value {first}"
    raise NotFinite(f"its array {name} is {what}, first at {place}; {_ADVICE}")


def _said(values: np.ndarray) -> str:
    if np.isnan(values).any():
        return "NaN"
    if np.isinf(values).any():
        return "infinite"
    return f"{np.abs(values).max():g}, beyond what a float16 holds ({_HALF:g})"
