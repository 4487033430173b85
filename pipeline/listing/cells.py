"""What the cells of a manifest mean: names, seconds and text, from whatever type pandas, DuckDB or Spark stored."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

_MISSING = frozenset({"", "nan", "NaN", "NaT", "<NA>"})
_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
_EXACT = 1 << 53
"""Whole numbers below this are exact as floats."""


class CellError(ValueError):
    """A cell that does not mean what its column needs; says what it holds and what to write."""


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: null, NaN, NaT or <NA>, also in words, or blank text."""
    if isinstance(value, str):
        return value.strip() in _MISSING
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, Decimal) and value.is_nan())


def name(value: Any) -> str | None:
    """A cell as a name. Whole numbers count, also as floats, which they become where pandas misses one. CellError."""
    if is_missing(value):
        return None
    whole = isinstance(value, float | Decimal) and math.isfinite(value) and value % 1 == 0
    if whole and isinstance(value, float) and abs(value) >= _EXACT:
        raise CellError(f"{value!r} is too large a float to be exact; write names as text")
    fits = isinstance(value, str | int | date | UUID) and not isinstance(value, bool)
    if not whole and not fits:
        raise CellError(f"{value!r} is {type(value).__name__}, not text; write names as text or whole numbers")
    found = text(value)
    return None if found is None else found.strip()


def seconds(value: Any) -> float | None:
    """A cell as seconds from the start of the clip: a number, a duration, or text like 1.5 or 00:01:02.5. CellError."""
    if is_missing(value):
        return None
    number = _seconds(value)
    if not math.isfinite(number) or number < 0:
        raise CellError(f"is {number:g}; seconds from the start of the clip are 0 or more")
    return number


def _seconds(value: Any) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    if isinstance(value, pa.MonthDayNano) and value.months == 0:
        return value.days * 86_400 + value.nanoseconds / 1e9
    if isinstance(value, datetime | date):
        raise CellError(f"{value.isoformat()} is a moment, not seconds; write seconds from the start of the clip")
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise CellError(f"{value!r} is {type(value).__name__}, not seconds; write a number, or 00:01:02.5")
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value.strip())):
        hours, minutes, rest = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))
    try:
        return float(value)
    except ValueError:
        raise CellError(f"{value!r} is not a number of seconds; write 62.5, or 00:01:02.5") from None


def text(value: Any) -> str | None:
    """A cell as text in its natural form: 12 for 12.0, ISO dates, JSON for what is nested; None for an empty one."""
    if is_missing(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value % 1 == 0 and abs(value) < _EXACT else repr(value)
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | Mapping) and not isinstance(value, pa.MonthDayNano):
        return json.dumps(_plain(value), ensure_ascii=False)
    return str(value)


def _plain(value: Any) -> Any:
    """A nested value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value % 1 == 0 and abs(value) < _EXACT:
        return int(value)
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return text(value)
