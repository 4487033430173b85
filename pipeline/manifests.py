"""Manifests: CSV or Parquet tables that list sources with what is known about them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.uris import InputError, canonical, is_local, open_fs, parent, suffix

ENDINGS = (".csv", ".parquet")
"""What an input must end with to be read as a manifest."""

_TEXT = ("subject_id", "split")
_TIMES = ("start_s", "end_s")


def is_manifest(text: str) -> bool:
    """Whether an input as written names manifests: it ends with .csv or .parquet."""
    return suffix(text) in ENDINGS


def read_manifest(uri: str) -> Iterator[tuple[str, str | None, str | None, float | None, float | None]]:
    """(uri, subject_id, split, start_s, end_s) of each row of the manifest at a canonical URI, in its order.

    Relative uris are relative to the manifest; columns other than these five are ignored; empty cells are None. Times
    are seconds of the source. Raises InputError naming file, row (from 1, header not counted) and column.
    """
    rows = _parquet_rows(uri) if suffix(uri) == ".parquet" else _csv_rows(uri)
    folder = parent(uri)
    for number, row in enumerate(rows, start=1):
        cell = _Cells(f"{uri}, row {number}", row)
        given = cell.text("uri", integers=False)
        if given is None:
            raise cell.error("uri", "is empty; every row needs the path or URI of a clip")
        subject, split = (cell.text(name) for name in _TEXT)
        start, end = (cell.seconds(name) for name in _TIMES)
        if end is not None and end <= (start or 0.0):
            raise cell.error("end_s", f"is {end:g}, not after start_s {start or 0:g}")
        yield canonical(given, folder), subject, split, start, end


class _Cells:
    """One row's cells, read by type; errors name the place."""

    def __init__(self, where: str, row: Mapping[str, Any]) -> None:
        self._where, self._row = where, row

    def error(self, column: str, problem: str) -> InputError:
        return InputError(f"{self._where}, column {column}: {problem}")

    def text(self, column: str, integers: bool = True) -> str | None:
        value = self._row.get(column)
        if integers and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if not isinstance(value, str):
            raise self.error(column, f"{value!r} is {type(value).__name__}, not text")
        return value.strip()

    def seconds(self, column: str) -> float | None:
        value = self._row.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.error(column, f"{value!r} is {type(value).__name__}, not seconds")
        try:
            number = float(value)
        except ValueError:
            raise self.error(column, f"{value!r} is not a number of seconds") from None
        if not math.isfinite(number) or number < 0:
            raise self.error(column, f"is {number:g}; seconds from the start of the clip are 0 or more")
        return number


def _csv_rows(uri: str) -> Iterator[Mapping[str, Any]]:
    try:
        text = _bytes(uri).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{uri}: not UTF-8 text ({error}); save the manifest as UTF-8 CSV") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = _checked_names(uri, [name.strip() for name in next(reader, [])])
        for number, cells in enumerate((cells for cells in reader if cells), start=1):
            if len(cells) != len(names):
                raise InputError(
                    f"{uri}, row {number} (line {reader.line_num}): {len(cells)} cells under {len(names)} columns; "
                    f"quote cells that hold a comma"
                )
            yield dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{uri}, line {reader.line_num}: not CSV ({error}); separate cells by commas") from error


def _parquet_rows(uri: str) -> Iterator[Mapping[str, Any]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(_bytes(uri)))
        names = _checked_names(uri, file.schema_arrow.names)
        wanted = [name for name in ("uri", *_TEXT, *_TIMES) if name in names]
        for batch in file.iter_batches(columns=wanted):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise InputError(f"{uri}: not a readable Parquet file ({error}); write it again") from error


def _checked_names(uri: str, names: list[str]) -> list[str]:
    if "uri" not in names:
        raise InputError(f"{uri}: a manifest needs a column 'uri'; it has: {', '.join(names) or 'nothing'}")
    for name in ("uri", *_TEXT, *_TIMES):
        if names.count(name) > 1:
            raise InputError(f"{uri}: column {name} stands there {names.count(name)} times; keep one")
    return names


def _bytes(uri: str) -> bytes:
    try:
        if is_local(uri):
            with open(uri, "rb") as file:
                return file.read()
        fs, path = open_fs(uri)
        return fs.cat_file(path)
    except OSError as error:
        raise InputError(f"{uri}: cannot be read ({error}); check the path and its permissions") from error
