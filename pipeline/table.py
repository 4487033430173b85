"""An Arrow table as text."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_WIDEST = 60


def table_text(table: pa.Table) -> str:
    """Columns aligned, numbers to the right, long cells cut; a last line counts the rows."""
    count = f"({table.num_rows} row{'' if table.num_rows == 1 else 's'})"
    return "\n".join([*table_lines(table), count])


def table_lines(table: pa.Table) -> list[str]:
    """The lines of `table_text` without the last: names, rules, one line a row."""
    cells = [[_cell(value) for value in column.to_pylist()] for column in table.columns]
    right = [_is_number(column.type) for column in table.columns]
    widths = [max([len(name), *map(len, column)]) for name, column in zip(table.column_names, cells, strict=True)]

    def line(values: list[str]) -> str:
        padded = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True))
        return "  ".join(padded).rstrip()

    rows = [line([column[i] for column in cells]) for i in range(table.num_rows)]
    return [line(table.column_names), line(["-" * w for w in widths]), *rows]


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        text = ", ".join(f"{key} {_cell(item)}" for key, item in value.items() if item is not None)
    elif isinstance(value, list) and len(value) > 8:
        text = "[" + ", ".join(map(_cell, value[:4])) + f", ... {len(value)} values]"
    elif isinstance(value, bytes):
        text = f"{len(value)} bytes"
    else:
        text = str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
