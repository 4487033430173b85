"""Parquet parts: how each table is written, and read back.

Latents are written without dictionary, PLAIN with zstd 1: BYTE_STREAM_SPLIT would be about 10 % smaller,
but DuckDB (2.0) refuses it for float16 (duckdb/duckdb#17114). JPEG is stored as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogs.manifest import Part
from catalogs.schema import TABLES, fitted, form, unified, with_columns
from catalogs.storage import Draft, Storage

_GROUP_BYTES = 64 << 20


@dataclass(frozen=True)
class _Layout:
    """How one table is laid out. Payload: few large rows, read whole, written without dictionary."""

    key: str
    group_rows: int
    payload: bool = False
    compression: str = "zstd"


_LAYOUTS = {
    "clips": _Layout("clip_id", 50_000),
    "latents": _Layout("clip_id", 50, payload=True),
    "previews": _Layout("clip_id", 50, payload=True, compression="none"),
    "frames": _Layout("clip_id", 50, payload=True, compression="none"),
    "rejected_latents": _Layout("clip_id", 50, payload=True),
    "rejected_frames": _Layout("clip_id", 50, payload=True, compression="none"),
    "runs": _Layout("run_id", 10_000),
    "metrics": _Layout("metric", 10_000),
}


def new_stem(sequence: int) -> str:
    """The file stem shared by all parts of one commit. Never used twice, so no reader can mix two states."""
    return f"part-{sequence:08d}-{secrets.token_hex(4)}"


def draft(
    files: Storage,
    table: str,
    stem: str,
    rows: Sequence[pa.Table],
    recipe: str | None = None,
    columns: pa.Schema | None = None,
) -> tuple[Part, Draft]:
    """Write `rows` as one sorted part that nobody sees before its draft is published.

    It has the columns of `table`, those that some of the rows have, and `columns`. recipe: the fingerprint under which
    all of them were decided.
    """
    name = f"{table}/{stem}.parquet"
    rows = unified(table, rows, *([] if columns is None else [columns]))
    schema = rows[0].schema
    made = files.put(name)
    with made.path.open("wb") as sink:
        with _writer(sink, table, schema) as writer:
            for group in _sorted_groups(_LAYOUTS[table], rows):
                writer.write_table(group, row_group_size=group.num_rows)
        size = sink.tell()
    made.complete()
    return Part(name, sum(piece.num_rows for piece in rows), size, recipe, form(schema)), made


def read(files: Storage, table: str, part: Part, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a part (or some of its columns): those of its table, null where it lacks them, and its own."""
    schema = columns_of(files, table, part)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    return pa.concat_tables([schema.empty_table(), *groups(files, schema, part)])


def groups(files: Storage, schema: pa.Schema, part: Part, chosen: Sequence[int] | None = None) -> Iterator[pa.Table]:
    """The row groups of a part, one after the other: decoding lists needs three times their size besides them.

    schema: columns of its table; those that the part lacks, as it was written before they were added, are null.
    chosen: the numbers of those to read, None: all.
    """
    with _opened(files, part) as file:
        there = [name for name in file.schema_arrow.names if name in schema.names]
        for group in range(file.num_row_groups) if chosen is None else chosen:
            yield fitted(file.read_row_group(group, columns=there), schema)


def count_groups(files: Storage, part: Part) -> int:
    """How many row groups a part has."""
    with _opened(files, part) as file:
        return file.num_row_groups


def looked_up(files: Storage, part: Part) -> Part:
    """`part` with what a version that did not note it left out: its form, and of clips the recipe if there is one only.

    It is read from the file's footer (0.4 ms), once a process: parts never change.
    """
    if part.form is not None:
        return part
    written, recipe = _footer(files, part)
    return replace(part, form=written, recipe=part.recipe or recipe)


def columns_of(files: Storage, table: str, *held: Part) -> pa.Schema:
    """The columns of a table and those that parts of it have besides, from stages that declare them.

    What a later version of the code added to the table is such a column too.
    """
    ours = TABLES[table]
    other = {each.form: each for each in (looked_up(files, part) for part in held) if each.form != form(ours)}
    return with_columns(table, *(_schema(files, part) for part in other.values()))


def written_columns(files: Storage, part: Part) -> pa.Schema:
    """The columns of a part as they are in its file."""
    return _schema(files, part)


def read_all(files: Storage, table: str, parts: Sequence[Part], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of several parts of one table, one after the other."""
    schema = columns_of(files, table, *parts)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    return pa.concat_tables([schema.empty_table(), *(group for part in parts for group in groups(files, schema, part))])


def key(table: str) -> str:
    """The column by which the rows of a part are sorted."""
    return _LAYOUTS[table].key


@contextmanager
def _opened(files: Storage, part: Part) -> Iterator[pq.ParquetFile]:
    with files.open_input(part.file) as source, pq.ParquetFile(source) as file:
        yield file


@lru_cache(maxsize=64)
def _schema(files: Storage, part: Part) -> pa.Schema:
    with _opened(files, part) as file:
        return file.schema_arrow


@lru_cache(maxsize=4096)
def _footer(files: Storage, part: Part) -> tuple[str, str | None]:
    """The form of a file, and the only value of its column `recipe` by the statistics of its row groups."""
    with _opened(files, part) as file:
        metadata = file.metadata
    found: set[str | None] = set()
    for group in range(metadata.num_row_groups):
        for column in map(metadata.row_group(group).column, range(metadata.num_columns)):
            if column.path_in_schema == "recipe" and part.file.startswith("clips/"):
                bounds = column.statistics
                known = bounds is not None and bounds.has_min_max
                found |= {bounds.min, bounds.max} if known else {None}
    return form(metadata.schema.to_arrow_schema()), found.pop() if len(found) == 1 else None


def _sorted_groups(layout: _Layout, rows: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """The rows in the order of the table's key, one row group at a time; of payload, only that is copied."""
    keys = [chunk for piece in rows for chunk in piece[layout.key].chunks]
    order = pc.sort_indices(pa.chunked_array(keys, pa.string())).to_numpy().astype(np.int64)
    step = _rows_per_group(layout, rows)
    if not layout.payload:
        ordered = pa.concat_tables(rows).combine_chunks().take(order)
        yield from (ordered.slice(start, step) for start in range(0, len(order), step))
        return
    starts = np.cumsum([0, *(piece.num_rows for piece in rows)])
    for start in range(0, len(order), step):
        at = order[start : start + step]
        pieces = np.searchsorted(starts, at, side="right") - 1
        yield pa.concat_tables(
            rows[piece].slice(row, 1) for piece, row in zip(pieces, at - starts[pieces], strict=True)
        )


def _rows_per_group(layout: _Layout, rows: Sequence[pa.Table]) -> int:
    mean = sum(piece.nbytes for piece in rows) / max(1, sum(piece.num_rows for piece in rows))
    return max(1, min(layout.group_rows, int(_GROUP_BYTES / max(mean, 1))))


def _writer(sink: object, table: str, schema: pa.Schema) -> pq.ParquetWriter:
    layout = _LAYOUTS[table]
    return pq.ParquetWriter(
        sink,
        schema,
        compression=layout.compression,
        compression_level=1 if layout.compression == "zstd" else None,
        use_dictionary=not layout.payload,
        write_statistics=[layout.key] if layout.payload else True,
    )
