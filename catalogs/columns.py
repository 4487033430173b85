"""A column of a table in place of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def replaced(rows: pa.Table, column: str, values: Sequence[Any] | pa.Array | pa.ChunkedArray) -> pa.Table:
    """`rows` with other values in a column, which keeps its place and its type."""
    field = rows.schema.field(column)
    made = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, field.type)
    return rows.set_column(rows.schema.get_field_index(column), field, made)
