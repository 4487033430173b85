"""Mean and standard deviation of the latents of a catalog, by which training scales them.

They are computed over all frames of all accepted clips of the catalog's recipe, stand in the run that computed them
(runs.statistics), and count as long as no row of clips or latents has changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogs import parts, view
from catalogs.errors import CatalogDamaged, NoStatistics
from catalogs.latent_store import no_latents
from catalogs.manifest import Manifest
from catalogs.place import locate
from catalogs.schema import TABLES
from catalogs.storage import Storage
from catalogs.writer import Writer

COLUMNS = ("face_pose", "dynamics")
"""The columns of latents that are counted."""


@dataclass(frozen=True)
class Moments:
    """Of one column: mean and std (of the population) of each dimension, float64 [D], over `count` frames."""

    mean: np.ndarray
    std: np.ndarray
    count: int


@dataclass(frozen=True)
class LatentStatistics:
    """columns: Moments by name, those of COLUMNS that hold anything. clips: how many; commit: the manifest's number."""

    columns: Mapping[str, Moments]
    clips: int
    commit: int

    def json(self) -> dict[str, Any]:
        """JSON-ready values."""
        columns = {
            name: {"count": each.count, "mean": each.mean.tolist(), "std": each.std.tolist()}
            for name, each in self.columns.items()
        }
        return {"commit": self.commit, "clips": self.clips, "columns": columns}


def store_statistics(uri: str | os.PathLike[str], run: Mapping[str, Any]) -> LatentStatistics:
    """Compute the statistics of the newest commit and write them, in a row of runs, while no other process writes.

    run: the row's run_id, when it started, and what else is to be kept of it. NoStatistics: there are no latents.
    NoCatalog, CatalogBusy, VersionMismatch: as `Writer.open`.
    """
    files = locate(uri)
    held = view.newest(files)
    with Writer.open(uri, held.recipe, held.fingerprint) as writer:
        state = view.newest(files)
        found = _computed(files, state)
        writer.put_run(
            {
                **run,
                "recipe": json.dumps(state.recipe),
                "fingerprint": state.fingerprint,
                "ended": datetime.now(UTC).replace(tzinfo=None),
                "status": "finished",
                "statistics": json.dumps({"parts": _mark(state), **found.json()}),
            }
        )
    return found


def read_statistics(uri: str | os.PathLike[str]) -> LatentStatistics:
    """The statistics of the newest commit, as they were stored.

    NoStatistics: they were never computed, or clips have changed since; says the command. Other errors: as
    `catalogs.open`.
    """
    command = f"python jobs/latent_statistics.py --catalog {shlex.quote(locate(uri).uri())}"
    newest = "select statistics from runs where statistics is not null order by started desc, run_id desc limit 1"
    rows = view.query(uri, newest).to_pylist()
    if not rows:
        raise NoStatistics(f"{uri} has no statistics of its latents yet: run {command}")
    said = json.loads(rows[0]["statistics"])
    if said["parts"] != _mark(view.newest(locate(uri))):
        raise NoStatistics(f"clips of {uri} have changed since its statistics were computed: run {command}")
    columns = {
        name: Moments(np.array(each["mean"]), np.array(each["std"]), each["count"])
        for name, each in said["columns"].items()
    }
    return LatentStatistics(columns, said["clips"], said["commit"])


def _computed(files: Storage, state: Manifest) -> LatentStatistics:
    accepted = view.accepted(files, state, ["clip_id"])["clip_id"].combine_chunks()
    sums: dict[str, _Sum] = {}
    counted = 0
    for rows in _groups(files, state):
        rows = rows.filter(pc.is_in(rows["clip_id"], value_set=accepted))
        counted += pc.sum(pc.is_valid(rows[COLUMNS[-1]]), min_count=0).as_py()
        for name in COLUMNS:
            values = _values(rows, name)
            if len(values):
                sums[name] = sums[name].plus(values) if name in sums else _Sum.of(values)
    if not sums:
        raise NoStatistics(no_latents(files))
    return LatentStatistics({name: each.moments() for name, each in sums.items()}, counted, state.sequence)


def _groups(files: Storage, state: Manifest) -> Iterator[pa.Table]:
    """The rows of latents as they are needed here, one row group at a time."""
    schema = pa.schema([TABLES["latents"].field(name) for name in ("clip_id", "frames", *COLUMNS)])
    for part in state.own_parts("latents"):
        yield from parts.groups(files, schema, part)


def _values(rows: pa.Table, name: str) -> np.ndarray:
    """float64 [frames of all rows, D] of one column; [0, 0] where it is null in all."""
    rows = rows.filter(pc.is_valid(rows[name]))
    frames = pc.sum(rows["frames"], min_count=0).as_py()
    if not frames:
        return np.empty((0, 0))
    flat = pc.list_flatten(rows[name]).to_numpy().astype(np.float64)
    if len(flat) % frames or not np.isfinite(flat).all():
        clips = ", ".join(rows["clip_id"].to_pylist()[:3])
        raise CatalogDamaged(f"latents.{name} of clips {clips}, ... is no list of numbers a frame: extract them again")
    return flat.reshape(frames, -1)


@dataclass(frozen=True)
class _Sum:
    """count, mean [D] and sum of squared deviations [D] of values seen so far (Chan, Golub and LeVeque)."""

    count: int
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> _Sum:
        mean = values.mean(0)
        return cls(len(values), mean, ((values - mean) ** 2).sum(0))

    def plus(self, values: np.ndarray) -> _Sum:
        other = _Sum.of(values)
        count, apart = self.count + other.count, other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        return _Sum(count, mean, self.squares + other.squares + apart**2 * (self.count * other.count / count))

    def moments(self) -> Moments:
        return Moments(self.mean, np.sqrt(self.squares / self.count), self.count)


def _mark(state: Manifest) -> str:
    """What changes when a row of clips or latents does: a hash of the files that hold them."""
    files = [part.file for table in ("clips", "latents") for part in state.parts(table)]
    return hashlib.blake2b("\n".join(files).encode(), digest_size=8).hexdigest()
