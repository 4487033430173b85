"""A catalog as Python reads it: tables, SQL, and a dataset for PyTorch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from catalogs import view
from catalogs.definitions import OLDER
from catalogs.frames import FrameStore, open_frames
from catalogs.place import locate
from catalogs.schema import TABLES
from catalogs.statistics import LatentStatistics, read_statistics
from pipeline.errors import UsageError

if TYPE_CHECKING:
    import pandas

    from vasari.dataset import LatentWindows

LATENTS = ("face_pose", "dynamics", "audio")
"""What a VASA-1 generator learns from: the head's pose, facial dynamics, and the sound it follows."""


def open(catalog: str | os.PathLike[str]) -> Catalog:
    """A catalog that `vasari extract` made.

    >>> import vasari
    >>> catalog = vasari.open("demo/catalog")
    >>> catalog.query("select source_uri, gaze_theta from clips where quality > 60").to_pandas()

    catalog: its folder. Raises NoCatalog: there is none; VersionMismatch: another version wrote it (`vasari.errors`).
    """
    return Catalog(catalog)


class Catalog:
    """The tables of a catalog; use `open`. Each call reads the newest commit, also while an extraction goes on.

    Tables: `clips` (a row a clip: verdict and labels), `latents` (per-frame arrays of accepted clips), `previews`,
    `frames` (where they were asked for), `runs`, `metrics`, and `older_clips`, which an earlier recipe decided.
    docs/catalog.md lists every column with its unit.
    """

    tables = (*TABLES, OLDER)
    """Their names."""

    def __init__(self, catalog: str | os.PathLike[str]) -> None:
        files = locate(catalog)
        view.newest(files)
        self.path = files.uri()

    def __repr__(self) -> str:
        return f"<Catalog {self.path}>"

    def query(self, sql: str) -> pa.Table:
        """The rows of an SQL question (DuckDB) over the tables, which are its views. Raises duckdb.Error."""
        return view.query(self.path, sql)

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table, or some columns of it, as Arrow. Lists of [T, D] are flat, row by row. UsageError: none has that
        name.
        """
        there = self._columns(name)
        missing = [column for column in columns or () if column not in there]
        if missing:
            raise UsageError(f"table {name} has no column {missing[0]!r}; it has: {', '.join(there)}")
        chosen = "*" if columns is None else ", ".join(f'"{column}"' for column in columns)
        return self.query(f'select {chosen} from "{name}"')

    def pandas(self, name: str, columns: Sequence[str] | None = None) -> pandas.DataFrame:
        """As `table`, as a pandas DataFrame."""
        return self.table(name, columns).to_pandas(maps_as_pydicts="strict")

    def connect(self, read_only: bool = True) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection whose views are the tables, as of the newest commit now; for steps that build on each
        other. read_only: False also lets SQL read and write other files; the catalog it never changes.
        """
        return view.open(self.path, read_only)

    def frames(self, size: int | None = None) -> FrameStore:
        """The faces of a catalog that was made with `--frames`, by clip and frame, without decoding video: crops,
        landmarks, eyes, camera. size: pixels of the crops, at most those stored. Raises NoFrames.
        """
        return open_frames(self.path, size)

    def statistics(self) -> LatentStatistics:
        """Mean and standard deviation of every dimension of the latents, which `vasari latent-statistics` computed.
        Raises NoStatistics: it has not, or clips have changed since.
        """
        return read_statistics(self.path)

    def dataset(
        self,
        columns: Sequence[str] = LATENTS,
        *,
        split: str | None = None,
        window: int | None = None,
        step: int | None = None,
    ) -> LatentWindows:
        """A PyTorch dataset of the accepted clips' per-frame arrays.

        >>> loader = DataLoader(catalog.dataset(split="train", window=50), batch_size=8, shuffle=True, num_workers=2)
        >>> next(iter(loader))["dynamics"].shape
        torch.Size([8, 50, 64])

        Each item is a dict: every column as a float32 tensor [T, D] (`identity` [I]), and `clip_id`, and `start`, its
        first frame in the clip. Frames are 1/25 s.

        columns: of table latents; a clip without one of them (`audio` of a silent clip) is left out.
        split: only the clips that the manifest put there. window: items of exactly so many frames, in time order, every
        `step` frames (by default as many as `window`, so that none overlap); a clip shorter than one is left out.
        Without it an item is a whole clip, and a DataLoader needs a `collate_fn` or `batch_size=None`.

        The arrays are held in memory at 2 bytes a value, of what the catalog holds now. UsageError: no such column, or
        nothing is left.
        """
        from vasari.dataset import LatentWindows

        there = [name for name in self._columns("latents") if name not in ("clip_id", "frames")]
        wrong = [name for name in columns if name not in there]
        if wrong or not columns:
            what = f"table latents has no array {wrong[0]!r}" if wrong else "no columns given"
            raise UsageError(f"{what}; there are: {', '.join(there)}")
        for option, value in (("window", window), ("step", step)):
            if value is not None and value < 1:
                raise UsageError(f"{option} must be at least 1, not {value}")
        return LatentWindows(self.path, tuple(columns), split, window, step)

    def _columns(self, name: str) -> list[str]:
        if name not in self.tables:
            raise UsageError(f"a catalog has no table {name!r}; it has: {', '.join(self.tables)}")
        return self.query(f'describe "{name}"')["column_name"].to_pylist()
