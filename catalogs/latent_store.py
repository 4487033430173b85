"""What motion training reads of a clip, memory-mapped: head pose, dynamics and sound side by side, and their rest.

Table `latents` is copied once into local Arrow files (`catalogs.local_copy`), float16 as it is stored, each frame's
numbers in one piece: a window is one slice. Of the layouts that were tried these alone give windows at the speed of a
memory map: neither PyArrow nor DuckDB reads less of a Parquet file than a row group, a hundred windows' worth. Which
pages are in memory is the system's to say.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from catalogs.arrays import pack
from catalogs.errors import CatalogDamaged, NoWindows
from catalogs.local_copy import Copied, OnProgress, copied, opened
from catalogs.manifest import Manifest
from catalogs.schema import TABLES
from catalogs.storage import Storage

ARRAYS = ("face_pose", "dynamics", "audio")
"""The columns of latents that are copied, a row a frame, in the order in which they lie side by side."""

_VALUES = pa.field("values", pa.list_(pa.float16()))
_REST = pa.field("rest", pa.list_(pa.float32()))
_WIDTHS = [pa.field(name, pa.int32()) for name in ARRAYS]


@dataclass(frozen=True)
class StoredRows:
    """Every row of a store, [R]: whose it is, how many frames it has, its file and its place there.

    start, rest: where its values and its rest begin among the file's (`LatentStore.values`, `LatentStore.rests`).
    widths: of each of ARRAYS, numbers a frame; 0 where the clip has none.
    """

    clip_id: pa.ChunkedArray
    frames: np.ndarray
    file: np.ndarray
    start: np.ndarray
    rest: np.ndarray
    widths: dict[str, np.ndarray]


class LatentStore:
    """Views into mapped files; use `open_latents`. Another process that it is sent to maps the files itself."""

    def __init__(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._tables = [opened(path) for path in self._paths]
        values = [_flat(table[_VALUES.name]) for table in self._tables]
        rests = [_flat(table[_REST.name]) for table in self._tables]
        self.values = [flat for flat, _ in values]
        """Of each file the numbers of all clips, float16: a clip's [T * D], of each frame those of ARRAYS, D in all."""
        self.rests = [flat for flat, _ in rests]
        """Of each file the medians of the clips' dynamics over their frames, float32: a clip's [Z]."""
        self._starts, self._rest_starts = _starts(values), _starts(rests)

    def rows(self) -> StoredRows:
        """What there is, in the order of the files."""
        counts = [table.num_rows for table in self._tables]
        numbers = {
            name: np.concatenate([[], *(table[name].to_numpy() for table in self._tables)]).astype(np.int64)
            for name in ("frames", *ARRAYS)
        }
        return StoredRows(
            pa.chunked_array([chunk for table in self._tables for chunk in table["clip_id"].chunks], pa.string()),
            numbers["frames"],
            np.repeat(np.arange(len(counts)), counts),
            self._starts,
            self._rest_starts,
            {name: numbers[name] for name in ARRAYS},
        )

    def __getstate__(self) -> list[str]:
        return self._paths

    def __setstate__(self, paths: list[str]) -> None:
        try:
            LatentStore.__init__(self, paths)
        except FileNotFoundError as error:
            raise NoWindows(f"its catalog was opened anew, which removed copies: open it again ({error})") from error


def open_latents(files: Storage, state: Manifest, cache: Path, on_progress: OnProgress) -> LatentStore:
    """The latents of a commit, copied into the folder `cache` where they are not there yet.

    CatalogDamaged: some are no numbers. FileNotFoundError: as `copied`.
    """
    columns = pa.schema([TABLES["latents"].field(name) for name in ("clip_id", "frames", *ARRAYS)])
    return LatentStore(copied(files, state, Copied("latents", columns, "latents-", _side_by_side), cache, on_progress))


def no_latents(files: Storage) -> str:
    """What to do where a catalog has no latents of a face model."""
    return (
        f"{files.uri()} holds no latents of a face model: make them with python jobs/extract.py --input FOLDER "
        f"--catalog {shlex.quote(files.uri())} --latents CHECKPOINT.safetensors --recompute"
    )


def _side_by_side(rows: pa.Table) -> pa.Table:
    """A row group as it is stored: see `LatentStore`."""
    frames = rows["frames"].to_pylist()
    columns = {name: _flat(rows[name]) for name in ARRAYS}
    values: list[np.ndarray | None] = []
    rest: list[np.ndarray | None] = []
    widths: dict[str, list[int]] = {name: [] for name in ARRAYS}
    for row, count in enumerate(frames):
        own = [flat[offsets[row] : offsets[row + 1]].reshape(count or 1, -1) for flat, offsets in columns.values()]
        if not all(np.isfinite(each).all() for each in own):
            raise CatalogDamaged(
                f"latents of clip {rows['clip_id'][row]} hold what is no number: extract it again, with --recompute"
            )
        pose, dynamics, _ = own
        whole = count and pose.size and dynamics.size
        values.append(np.concatenate(own, axis=1).ravel() if whole else None)
        rest.append(np.median(dynamics.astype(np.float32), axis=0) if whole else None)
        for name, each in zip(ARRAYS, own, strict=True):
            widths[name].append(each.shape[1])
    kept = ("clip_id", "frames")
    made = [pack(values), pa.array(rest, _REST.type), *(pa.array(widths[name], pa.int32()) for name in ARRAYS)]
    return pa.Table.from_arrays(
        [*(rows[name].combine_chunks() for name in kept), *made],
        schema=pa.schema([*(rows.schema.field(name) for name in kept), _VALUES, _REST, *_WIDTHS]),
    )


def _starts(columns: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Where each row's list begins among its file's numbers, of all files one after the other."""
    return np.concatenate([[], *(offsets[:-1] for _, offsets in columns)]).astype(np.int64)


def _flat(lists: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of all lists one after the other, and where each list begins in them, with the end."""
    whole = lists.chunk(0) if lists.num_chunks == 1 else lists.combine_chunks()
    return whole.values.to_numpy(zero_copy_only=False), whole.offsets.to_numpy()
