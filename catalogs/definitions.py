"""The SQL of the views: what each shows of the files of one commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from catalogs import parts
from catalogs.commit import OF_CLIPS
from catalogs.manifest import Manifest, Part
from catalogs.schema import TABLES, form, sql_type
from catalogs.storage import Storage

OLDER = "older_clips"
"""The view of the clips that another recipe than the catalog's decided, until their source is worked on again."""


def definitions(files: Storage, state: Manifest) -> Iterator[tuple[str, str]]:
    """(name, SELECT) of each view, in an order in which they can be made.

    Of clips, and of the tables that belong to clips, the rows of the catalog's own recipe. All columns of this code's
    schemas are there, in their order, null where a file was written before they were added; columns that stages or a
    later version added follow. FileNotFoundError: a file was replaced meanwhile.
    """
    held = {table: [parts.looked_up(files, part) for part in state.parts(table) if part.rows] for table in TABLES}
    columns = {table: parts.columns_of(files, table, *state.parts(table)) for table in TABLES}
    ours = state.fingerprint
    older = [part for part in held["clips"] if part.recipe != ours]
    yield "clips", _union(files, columns["clips"], held["clips"], f"recipe = {quoted(ours)}", ours)
    yield OLDER, _union(files, columns["clips"], older, f"recipe <> {quoted(ours)}", None)
    for table in TABLES:
        if table in OF_CLIPS[1:] and older:
            yield table, _union(files, columns[table], held[table], "clip_id IN (SELECT clip_id FROM clips)", ours)
        elif table != "clips":
            yield table, _union(files, columns[table], [replace(part, recipe=ours) for part in held[table]], "", ours)


def quoted(text: object) -> str:
    """A string of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def _union(files: Storage, columns: pa.Schema, held: Sequence[Part], which: str, recipe: str | None) -> str:
    """All rows of the parts of `recipe` (None: of any that is noted), and of those without one the rows `which`.

    In the order of the parts; where all are as this code writes them, one scan.
    """
    chosen = [part for part in held if part.recipe is None or recipe is None or part.recipe == recipe]
    if not chosen:
        return _nothing(columns)
    alike = dict.fromkeys((part.form, part.recipe is None) for part in chosen)
    scans = []
    for written, mixed in alike:
        like = [part for part in chosen if (part.form, part.recipe is None) == (written, mixed)]
        scans.append(_scan(files, columns, like) + (f" WHERE {which}" if mixed else ""))
    if {written for written, _ in alike} == {form(columns)}:
        return " UNION ALL ".join(scans)
    return " UNION ALL BY NAME ".join([f"({_nothing(columns)})", *scans])


def _scan(files: Storage, columns: pa.Schema, held: Sequence[Part]) -> str:
    """All rows of parts that are alike; what was a struct and is a map now is shown as the map."""
    paths = ", ".join(quoted(files.uri(part.file)) for part in held)
    structs = [
        field
        for field in (() if held[0].form == form(columns) else parts.written_columns(files, held[0]))
        if pa.types.is_struct(field.type) and pa.types.is_map(columns.field(field.name).type)
    ]
    maps = f" REPLACE ({', '.join(map(_map_of, structs))})" if structs else ""
    return f"SELECT *{maps} FROM read_parquet([{paths}], hive_partitioning = false)"


def _map_of(struct: pa.Field) -> str:
    """A struct as a map from the names of its fields to what is not null."""
    name = struct.name
    entries = ", ".join(
        f"{{'key': {quoted(child.name)}, 'value': \"{name}\".\"{child.name}\"}}" for child in struct.type
    )
    known = f"map_from_entries(list_filter([{entries}], lambda entry: entry.value IS NOT NULL))"
    return f'CASE WHEN "{name}" IS NOT NULL THEN {known} END AS "{name}"'


def _nothing(columns: pa.Schema) -> str:
    """No rows, with these columns."""
    listed = ", ".join(f'CAST(NULL AS {sql_type(field.type)}) AS "{field.name}"' for field in columns)
    return f"SELECT {listed} WHERE false"
