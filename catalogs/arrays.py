"""Per-frame arrays [T, D] to and from flat float16 Arrow lists, by buffers, never by Python lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

_MOST_VALUES = 2**31 - 1


def pack(arrays: Sequence[np.ndarray | None], dim: int | None = None) -> pa.ListArray:
    """One list<halffloat> row an array, row-major; None becomes null.

    arrays: [T, D] (T may differ and may be 0), or [D] for one vector. With `dim`, D must equal it.
    NaN is kept; a finite value beyond float16 (65504) or an infinity is a ValueError.
    """
    rows = [None if array is None else _halves(np.asarray(array), dim, at) for at, array in enumerate(arrays)]
    lengths = np.array([0 if row is None else row.size for row in rows], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    if offsets[-1] > _MOST_VALUES:
        raise ValueError(f"{offsets[-1]} values do not fit one Arrow list array: pack fewer rows at a time")
    present = [row for row in rows if row is not None]
    values = np.concatenate(present) if present else np.empty(0, np.float16)
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()),
        pa.array(values, pa.float16()),
        mask=pa.array([row is None for row in rows], pa.bool_()),
    )


def unpack(lists: pa.ListArray | pa.ChunkedArray, dim: int) -> list[np.ndarray | None]:
    """The inverse of `pack`: float16 arrays [T, dim] that share the column's memory; null becomes None."""
    if isinstance(lists, pa.ChunkedArray):
        return [array for chunk in lists.chunks for array in unpack(chunk, dim)]
    values = lists.values.to_numpy(zero_copy_only=False)
    offsets = lists.offsets.to_numpy()
    present = lists.is_valid().to_numpy(zero_copy_only=False)
    return [
        values[offsets[row] : offsets[row + 1]].reshape(-1, dim) if present[row] else None for row in range(len(lists))
    ]


def _halves(array: np.ndarray, dim: int | None, row: int) -> np.ndarray:
    if array.ndim not in (1, 2):
        raise ValueError(f"row {row} has shape {list(array.shape)}: give [T, D] or [D]")
    if dim is not None and array.shape[-1] != dim:
        raise ValueError(f"row {row} has shape {list(array.shape)}: its last dimension must be {dim}")
    with np.errstate(over="ignore"):
        halves = np.ascontiguousarray(array, dtype=np.float16).ravel()
    if np.isinf(halves).any():
        worst = float(np.nanmax(np.abs(array)))
        raise ValueError(f"row {row} reaches {worst:g}, beyond what float16 holds (65504): scale it")
    return halves
