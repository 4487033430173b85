"""An Arrow table as text."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.query.answers import values

_WIDEST = 60
_LONG_LIST = 8
_PLAN = ["explain_key", "explain_value"]
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {9: "\\t", 10: "\\n", 13: "\\r"}


def table_text(table: pa.Table, wide: bool = False) -> str:
    """Columns aligned, numbers to the right; a last line counts the rows.

    Sentences and paths are never cut, so that a cause is whole. Other long cells are, unless `wide`: lists, structs,
    maps, JSON, long words. What EXPLAIN answers is printed as it is.
    """
    if table.column_names == _PLAN:
        return "\n".join(table["explain_value"].to_pylist())
    count = f"({table.num_rows} row{'' if table.num_rows == 1 else 's'})"
    return "\n".join([*table_lines(table, wide), count])


def table_lines(table: pa.Table, wide: bool = False) -> list[str]:
    """The lines of `table_text` without the last: names, rules, one line a row."""
    cells = [[_cell(value, wide) for value in values(column)] for column in table.columns]
    right = [_is_number(column.type) for column in table.columns]
    widths = [max([len(name), *map(len, column)]) for name, column in zip(table.column_names, cells, strict=True)]

    def line(texts: list[str]) -> str:
        padded = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(texts, widths, right, strict=True))
        return "  ".join(padded).rstrip()

    rows = [line([column[i] for column in cells]) for i in range(table.num_rows)]
    return [line(table.column_names), line(["-" * w for w in widths]), *rows]


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _cell(value: Any, wide: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, dict):
        text = ", ".join(f"{key} {_cell(item, wide)}" for key, item in value.items() if item is not None)
    elif isinstance(value, list):
        shown = value if wide or len(value) <= _LONG_LIST else value[:4]
        more = "" if shown is value else f", ... {len(value)} values"
        text = "[" + ", ".join(_cell(item, wide) for item in shown) + more + "]"
    else:
        text = str(value).translate(_CONTROL)
        wide = wide or ((" " in text or "/" in text) and not _is_json(text))
    return text if wide or len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def _is_json(text: str) -> bool:
    return text[:1] + text[-1:] in ("{}", "[]")
