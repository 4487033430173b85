"""Bring rows or tables into the exact schema of a table, or say which column does not fit.

The tables themselves are stated in catalogs/tables.py; import their names from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogs import arrays
from catalogs.errors import SchemaError
from catalogs.tables import EMOTIONS, FAILED_REASONS, OLDEST, REJECTED, STATUSES, TABLES, UNDECIDED_REASONS, VERSION

__all__ = [
    "EMOTIONS",
    "FAILED_REASONS",
    "OLDEST",
    "REJECTED",
    "STATUSES",
    "TABLES",
    "UNDECIDED_REASONS",
    "VERSION",
    "Rows",
    "conform",
    "dim",
    "empty",
    "fit",
    "fitted",
    "form",
    "per_frame",
    "schema_of",
    "sql_type",
    "unified",
    "with_columns",
]

Rows = Sequence[Mapping[str, Any]]


def empty(table: str) -> pa.Table:
    """A table of no rows with the schema of `table`."""
    return schema_of(table).empty_table()


def schema_of(table: str) -> pa.Schema:
    """The schema of `table`; SchemaError lists the tables there are if it is none of them."""
    if table not in TABLES:
        raise SchemaError(f"there is no table {table!r}: choose one of {', '.join(TABLES)}")
    return TABLES[table]


def with_columns(table: str, *more: pa.Schema) -> pa.Schema:
    """The schema of `table` with the columns of `more` that it lacks at its end, each in the type it first has.

    A column is one that says its unit and its meaning in its metadata; others are left out.
    """
    fields = {field.name: field for field in schema_of(table)}
    for field in (field for schema in more for field in schema):
        said = field.metadata or {}
        if b"unit" in said and b"about" in said:
            kept = {key: said[key] for key in (b"unit", b"about", b"dim", b"per") if key in said}
            fields.setdefault(field.name, field.with_metadata(kept).with_nullable(True))
    return pa.schema(list(fields.values()), metadata=schema_of(table).metadata)


def unified(table: str, pieces: Sequence[pa.Table], *more: pa.Schema) -> list[pa.Table]:
    """`pieces` in one schema: that of `table` with the columns of `more` and of all of them."""
    schema = with_columns(table, *more, *(piece.schema for piece in pieces))
    return [piece if piece.schema.equals(schema, check_metadata=True) else fitted(piece, schema) for piece in pieces]


def conform(table: str, rows: Rows | pa.Table, columns: pa.Schema | None = None) -> pa.Table:
    """`rows` (dictionaries, or an Arrow table in any column order) with exactly the schema of `table`.

    columns: those that stages declare besides; an Arrow table may bring its own, which `with_columns` knows.
    Missing optional columns become null. Flat list columns take arrays [T, D] or Arrow lists. SchemaError
    names the column for: a value of another type, an unknown or missing column or struct field, a null
    where none is allowed, NaN or infinity outside float16 lists (null is how no value is said).
    """
    more = [*([columns] if columns is not None else []), *([rows.schema] if isinstance(rows, pa.Table) else [])]
    schema = with_columns(table, *more)
    given = rows.column_names if isinstance(rows, pa.Table) else list({name: 0 for row in rows for name in row})
    unknown = [name for name in given if name not in schema.names]
    if unknown:
        raise SchemaError(f"{table} has no column {', '.join(unknown)}: its columns are {', '.join(schema.names)}")
    return fit(table, schema, rows)


def fit(table: str, fields: pa.Schema, rows: Rows | pa.Table) -> pa.Table:
    """The columns `fields` of `rows`, as `conform` makes them; what else they have does not count."""
    return pa.Table.from_arrays([_column(table, field, rows) for field in fields], schema=fields)


def fitted(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """`rows` in the columns of `schema`, in its order: null where they lack one, without those it does not have.

    So a file that an earlier or later version of the tables wrote is read; fields of structs are treated alike, and a
    struct where a map is wanted becomes one, without its nulls.
    SchemaError names a column that may not be null and is missing, or that has another type.
    """
    lacking = [field.name for field in schema if not field.nullable and field.name not in rows.column_names]
    if lacking:
        raise SchemaError(f"column {', '.join(lacking)} is missing, and is required")
    try:
        columns = [
            _as(rows[field.name], field.type)
            if field.name in rows.column_names
            else pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
            for field in schema
        ]
    except pa.ArrowException as error:
        raise SchemaError(f"columns of another type than {schema.names}: {error}") from error
    return pa.Table.from_arrays(columns, schema=schema)


def form(schema: pa.Schema) -> str:
    """16 hex digits that change with the names, the order or the types of the columns, not with their meanings."""
    columns = "\n".join(f"{field.name} {_type_name(field.type)}" for field in schema)
    return hashlib.blake2b(columns.encode(), digest_size=8).hexdigest()


def dim(field: pa.Field) -> int | None:
    """D of a flat list column; None if the column is no such list or D is not fixed yet."""
    value = (field.metadata or {}).get(b"dim")
    return int(value) if value is not None else None


def per_frame(schema: pa.Schema) -> list[str]:
    """The columns that hold [T, D], one row a frame."""
    return [field.name for field in schema if (field.metadata or {}).get(b"per") == b"frame"]


def sql_type(kind: pa.DataType) -> str:
    """The DuckDB type in which a Parquet column of this Arrow type is read. KeyError: no catalog holds such columns."""
    simple = {
        pa.string(): "VARCHAR",
        pa.binary(): "BLOB",
        pa.bool_(): "BOOLEAN",
        pa.int32(): "INTEGER",
        pa.int64(): "BIGINT",
        pa.float16(): "FLOAT",
        pa.float32(): "FLOAT",
        pa.float64(): "DOUBLE",
        pa.timestamp("us"): "TIMESTAMP",
    }
    if pa.types.is_list(kind):
        return sql_type(kind.value_type) + "[]"
    if pa.types.is_map(kind):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.item_type)})"
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in kind) + ")"
    return simple[kind]


def _type_name(kind: pa.DataType) -> str:
    """The DuckDB type, which a file read back has too; Arrow's name for one that no table has yet."""
    try:
        return sql_type(kind)
    except KeyError:
        return str(kind)


def _column(table: str, field: pa.Field, rows: Rows | pa.Table) -> pa.Array | pa.ChunkedArray:
    try:
        if not isinstance(rows, pa.Table):
            column = _from_values(field, [row.get(field.name) for row in rows])
        elif field.name in rows.column_names:
            column = _cast(rows[field.name], field)
        else:
            column = pa.nulls(rows.num_rows, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise SchemaError(f"{table}.{field.name} ({field.type}): {error}") from error
    if not field.nullable and column.null_count:
        raise SchemaError(f"{table}.{field.name} is null in {column.null_count} of {len(column)} rows: it is required")
    _check_lengths(table, field, column)
    if not _finite(column):
        raise SchemaError(f"{table}.{field.name} holds NaN or infinity: use null where there is no value")
    return column


def _from_values(field: pa.Field, values: list[Any]) -> pa.Array:
    if pa.types.is_list(field.type) and pa.types.is_float16(field.type.value_type):
        return arrays.pack(values, dim(field))
    if pa.types.is_struct(field.type):
        names = {child.name for child in field.type}
        unknown = {name for value in values if value is not None for name in value} - names
        if unknown:
            raise ValueError(f"no field {', '.join(sorted(unknown))}: choose from {', '.join(sorted(names))}")
    if pa.types.is_integer(field.type):
        return pa.array(values).cast(field.type)  # a cast refuses 3.5, building the array would truncate it
    return pa.array(values, field.type)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = column.cast(pa.timestamp("us", tz="UTC"))
    return column.cast(field.type)


def _as(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_struct(column.type) and pa.types.is_map(kind):
        return pa.chunked_array([_as_map(chunk, kind) for chunk in column.chunks], kind)
    return column.cast(kind)


def _as_map(rows: pa.StructArray, kind: pa.MapType) -> pa.MapArray:
    """Structs as maps from the names of their fields to what is not null."""
    parts = [pc.struct_field(rows, [at]).cast(kind.item_type) for at in range(rows.type.num_fields)]
    known = np.stack([part.is_valid().to_numpy(zero_copy_only=False) for part in parts], axis=1)
    order = np.arange(known.size).reshape(known.shape[::-1]).T[known]
    names = pa.array([field.name for field in rows.type], kind.key_type)
    return pa.MapArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(known.sum(1))]), pa.int32()),
        names.take(pa.array(np.nonzero(known)[1])),
        pa.chunked_array(parts, kind.item_type).combine_chunks().take(pa.array(order)),
        mask=rows.is_null(),
    )


def _check_lengths(table: str, field: pa.Field, column: pa.Array | pa.ChunkedArray) -> None:
    """Single-precision lists are vectors of exactly `dim`; float16 lists are [T, dim] with any T."""
    length = dim(field)
    if length is None:
        return
    sizes = pc.list_value_length(column)
    if pa.types.is_float32(field.type.value_type):
        wrong = pc.not_equal(sizes, length)
    else:
        wrong = pc.not_equal(pc.multiply(pc.divide(sizes, length), length), sizes)
    if pc.any(wrong, min_count=0).as_py():
        raise SchemaError(f"{table}.{field.name} holds lists whose length is no multiple of {length}, or not {length}")


def _finite(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether all single-precision and double-precision numbers in the column are finite."""
    kind = column.type
    if column.null_count == len(column):
        return True
    if pa.types.is_struct(kind):
        return all(_finite(pc.struct_field(column, [at])) for at in range(kind.num_fields))
    if pa.types.is_map(kind):
        return all(_finite(chunk.items) for chunk in _chunks(column))
    if pa.types.is_list(kind):
        return not pa.types.is_floating(kind.value_type) or _finite(pc.list_flatten(column))
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return bool(pc.all(pc.is_finite(column), min_count=0).as_py())
    if pa.types.is_float16(kind):
        return not any(np.isinf(chunk.to_numpy(zero_copy_only=False)).any() for chunk in _chunks(column))
    return True


def _chunks(column: pa.Array | pa.ChunkedArray) -> Iterator[pa.Array]:
    yield from column.chunks if isinstance(column, pa.ChunkedArray) else [column]
