"""The rows of an answer as CSV or as JSON, whatever their types."""

from __future__ import annotations

import base64
import csv
import datetime
import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TextIO

import pyarrow as pa


def write_csv(table: pa.Table, out: TextIO) -> None:
    """Names, then rows. null is nothing; lists, structs and maps are JSON, bytes base64, times ISO 8601."""
    writer = csv.writer(out)
    writer.writerow(table.column_names)
    writer.writerows([_field(value) for value in row] for row in _rows(table))


def json_lines(table: pa.Table) -> Iterator[str]:
    """One JSON object a row. Numbers that are none (NaN, infinity) are null; bytes base64, times ISO 8601.

    A name that stands twice gets a number: a, a_1.
    """
    names = _different(table.column_names)
    for row in _rows(table):
        yield json.dumps(dict(zip(names, map(plain, row), strict=True)), allow_nan=False)


def values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column in Python, maps as dictionaries; times beyond Python's years as text."""
    try:
        return column.to_pylist(maps_as_pydicts="lossy")
    except (OverflowError, ValueError):
        return [_scalar(value) for value in column]


def plain(value: Any) -> Any:
    """A value as JSON can say it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, pa.MonthDayNano):
        return _duration(*value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {_key(name): plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return str(value)


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(values(column) for column in table.columns), strict=True)


def _field(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or value is None:
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    said = plain(value)
    return json.dumps(said, ensure_ascii=False, allow_nan=False) if isinstance(said, dict | list) else said


def _scalar(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        count = getattr(value, "value", None)
        return str(value) if not isinstance(count, int) else "infinity" if count > 0 else "-infinity"


def _number(value: Decimal) -> int | float | str:
    """The number as it is; one that a double cannot hold in full is text."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else f"{value:f}"


def _duration(months: int, days: int, nanoseconds: int) -> str:
    """ISO 8601: P1M2DT3.5S."""
    seconds = f"{Decimal(nanoseconds) / 10**9:f}"
    time = f"T{seconds}S" if nanoseconds or not (months or days) else ""
    return "P" + (f"{months}M" if months else "") + (f"{days}D" if days else "") + time


def _key(name: Any) -> str:
    said = plain(name)
    return said if isinstance(said, str) else json.dumps(said)


def _different(names: list[str]) -> list[str]:
    taken: dict[str, None] = {}
    for name in names:
        free = name
        number = 0
        while free in taken or (number and free in names):
            number += 1
            free = f"{name}_{number}"
        taken[free] = None
    return list(taken)
