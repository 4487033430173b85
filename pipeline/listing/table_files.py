"""Tables on disk or in a store as rows of Python values: one CSV (plain or .gz) or Parquet file, or a folder of them as
Spark writes.

A folder's parts are its .csv or .parquet files; what starts with a dot or an underscore is not data (_SUCCESS,
_committed_1, .part-0.crc). Folders named key=value inside it give a column `key`.
"""

from __future__ import annotations

import csv
import gzip
import io
import posixpath
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.listing.faults import SourceFault
from pipeline.listing.reach import Patience, Reach, within
from pipeline.listing.uris import is_local, local_path, open_fs, parent, path_of

Row = Mapping[str, Any]
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_BINARY = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
_SECONDS = 600.0
"""One file of a manifest takes no longer."""

_TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)


@dataclass(frozen=True)
class TableFiles:
    """A table: what it is called, the folder that relative paths in it are relative to, and its files, all as URIs."""

    uri: str
    folder: str
    files: tuple[str, ...]

    @classmethod
    def single(cls, uri: str) -> TableFiles:
        return cls(uri, parent(uri), (uri,))

    @property
    def in_parts(self) -> bool:
        """Whether it is a folder of parts."""
        return self.files != (self.uri,)


@dataclass(frozen=True)
class TablePart:
    """One file of a table: its columns in their order, its rows, and the columns that hold bytes and are left out."""

    uri: str
    names: list[str]
    rows: Iterator[Row]
    left_out: tuple[str, ...] = ()


def parts_of(folder: str, names: Sequence[str]) -> list[str] | None:
    """The parts of a table among the paths `names` of all files in `folder`, relative to it; None if it is no table."""
    data = sorted(name for name in names if not any(_is_hidden(step) for step in name.split("/")))
    return data if data and {ending(name) for name in data} == {ending(folder)} else None


def ending(name: str) -> str | None:
    """'.csv' (also of .csv.gz) or '.parquet' for the path of a table or a part, None for others."""
    plain, last = posixpath.splitext(name.lower())
    if last == ".gz":
        return ".csv" if posixpath.splitext(plain)[1] == ".csv" else None
    return last if last in (".csv", ".parquet") else None


def read_table(table: TableFiles) -> Iterator[TablePart]:
    """The table, file by file. Raises InputError."""
    for uri in table.files:
        part = _csv_part(uri, table.in_parts) if ending(path_of(uri)) == ".csv" else _parquet_part(uri)
        given = _from_folders(uri[len(table.uri) :]) if table.in_parts else {}
        given = {name: value for name, value in given.items() if name not in part.names}
        if part.names or not table.in_parts:
            yield TablePart(part.uri, [*part.names, *given], ({**row, **given} for row in part.rows), part.left_out)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _from_folders(path: str) -> dict[str, str | None]:
    """{'split': 'train'} of 'split=train/part-0.parquet'."""
    names = posixpath.dirname(path).split("/")  # a web server's list has %3D
    steps = [(name if "=" in name else unquote(name)).partition("=") for name in names]
    return {unquote(key): None if value == _NO_VALUE else unquote(value) for key, mark, value in steps if mark}


def _csv_part(uri: str, in_parts: bool) -> TablePart:
    data = _bytes(uri)
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{uri}: not UTF-8 text (UTF-16); save the manifest as UTF-8 CSV")
    # bytes that are no UTF-8 may be those of a file's name: which cells may hold them is decided there
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    try:
        names, rows = _csv_rows(uri, text, {})
    except InputError:
        if not (in_parts and '\\"' in text):
            raise
        names, rows = _csv_rows(uri, text, {"doublequote": False, "escapechar": "\\"})  # as Spark writes quotes
    if any(_is_no_utf8(name) for name in names):
        raise InputError(f"{uri}: not UTF-8 text (its first line); save the manifest as UTF-8 CSV")
    named = [name for name in names if name]  # pandas calls its index nothing
    return TablePart(uri, named, iter(_without_fractions(named, rows)))


def _csv_rows(uri: str, text: str, dialect: dict[str, Any]) -> tuple[list[str], list[Row]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, **dialect)
    rows: list[Row] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        for number, cells in enumerate((cells for cells in reader if cells), start=1):
            if len(cells) != len(names):
                raise InputError(
                    f"{uri}, row {number} (line {reader.line_num}): {len(cells)} cells under {len(names)} columns; "
                    f"quote cells that hold a comma"
                )
            rows.append(dict(zip(names, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"{uri}, line {reader.line_num}: not CSV ({error}); separate cells by commas") from error
    return names, rows


def _without_fractions(names: Sequence[str], rows: list[Row]) -> list[Row]:
    """Columns in which every number ends in .0 without it: pandas writes whole numbers so where one is missing."""
    whole = re.compile(r"-?\d+\.0")
    given = {name: [row[name] for row in rows if row[name]] for name in names if name != "uri"}
    floats = [name for name, cells in given.items() if cells and all(whole.fullmatch(cell) for cell in cells)]
    if not floats:
        return rows
    return [{**row, **{name: row[name].removesuffix(".0") for name in floats}} for row in rows]


def _parquet_part(uri: str) -> TablePart:
    try:
        file = pq.ParquetFile(pa.BufferReader(_bytes(uri)))
        intervals = {
            file.schema.column(at).name
            for at in range(len(file.schema))
            if file.schema.column(at).converted_type == "INTERVAL"
        }
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{uri}: not a readable Parquet file ({error}); write it again") from error
    schema = file.schema_arrow
    left_out = tuple(field.name for field in schema if _is_bytes(field) and field.name not in {"uri", *intervals})
    names = [name for name in schema.names if name not in (*left_out, "__index_level_0__")]
    return TablePart(uri, names, _parquet_rows(uri, file, names, intervals), left_out)


def _is_bytes(field: pa.Field) -> bool:
    return any(test(field.type) for test in _BINARY)


def _parquet_rows(uri: str, file: pq.ParquetFile, names: list[str], intervals: set[str]) -> Iterator[Row]:
    try:
        for batch in file.iter_batches(columns=list(dict.fromkeys(names))):
            columns = [_values(batch.column(name), name in intervals) for name in batch.schema.names]
            for cells in zip(*columns, strict=True):
                yield dict(zip(batch.schema.names, cells, strict=True))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{uri}: not a readable Parquet file ({error}); write it again") from error


def _values(column: pa.Array, interval: bool) -> list[Any]:
    """A column's values; numbers of single precision as they are written, not as a double shows them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if interval:
        return [None if value is None else _interval(value) for value in column.to_pylist()]
    if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
        kind = np.float32 if pa.types.is_float32(column.type) else np.float16
        return [None if value is None else float(str(kind(value))) for value in column.to_pylist()]
    try:
        return column.to_pylist(maps_as_pydicts="lossy")
    except UnicodeDecodeError:
        if not any(test(column.type) for test in _TEXT):
            raise pa.ArrowInvalid("nested text that is no UTF-8") from None
        raw = column.cast(pa.large_binary()).to_pylist()
        return [None if value is None else value.decode("utf-8", "surrogateescape") for value in raw]


def _interval(value: bytes) -> pa.MonthDayNano | timedelta:
    """Parquet's INTERVAL: months, days and milliseconds."""
    months, days, milliseconds = struct.unpack("<III", value)
    if months:
        return pa.MonthDayNano([months, days, milliseconds * 1_000_000])
    return timedelta(days=days, milliseconds=milliseconds)


def _is_no_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _bytes(uri: str) -> bytes:
    """The file. Raises InputError, or SourceFault where its server does not answer."""

    def read() -> bytes:
        if is_local(uri):
            with open(local_path(uri), "rb") as file:
                return file.read()
        fs, path = open_fs(uri)
        return fs.cat_file(path)

    try:
        return Reach(_SECONDS, Patience())(uri, lambda left: within(left, read))
    except SourceFault as error:
        if error.fault.reason == "unreachable":
            raise
        raise InputError(str(error)) from error
