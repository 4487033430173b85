"""The SQL of the views: what each shows of the files of one commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from catalogs import parts
from catalogs.changes import OF_CLIPS
from catalogs.manifest import Manifest, Part
from catalogs.schema import TABLES, form, sql_type

OLDER = "older_clips"
"""The view of the clips that another recipe than the catalog's decided, until their source is worked on again."""


def definitions(root: Path, state: Manifest) -> Iterator[tuple[str, str]]:
    """(name, SELECT) of each view, in an order in which they can be made.

    Of clips, and of the tables that belong to clips, the rows of the catalog's own recipe. All columns of this code's
    schemas are there, in their order, null where a file was written before they were added; columns that a later
    version added follow. FileNotFoundError: a file was replaced meanwhile.
    """
    held = {table: [parts.looked_up(root, part) for part in state.parts(table) if part.rows] for table in TABLES}
    ours = state.fingerprint
    older = [part for part in held["clips"] if part.recipe != ours]
    yield "clips", _union(root, "clips", held["clips"], f"recipe = {quoted(ours)}", ours)
    yield OLDER, _union(root, "clips", older, f"recipe <> {quoted(ours)}", None)
    for table in TABLES:
        if table in OF_CLIPS[1:] and older:
            yield table, _union(root, table, held[table], "clip_id IN (SELECT clip_id FROM clips)", ours)
        elif table != "clips":
            yield table, _union(root, table, [replace(part, recipe=ours) for part in held[table]], "", ours)


def quoted(text: object) -> str:
    """A string of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def _union(root: Path, table: str, held: Sequence[Part], which: str, recipe: str | None) -> str:
    """All rows of the parts of `recipe` (None: of any that is noted), and of those without one the rows `which`.

    In the order of the parts; where all are as this code writes them, one scan.
    """
    chosen = [part for part in held if part.recipe is None or recipe is None or part.recipe == recipe]
    if not chosen:
        return _nothing(table)
    alike = dict.fromkeys((part.form, part.recipe is None) for part in chosen)
    scans = [_scan(root, [part for part in chosen if (part.form, part.recipe is None) == kind]) for kind in alike]
    scans = [scan + (f" WHERE {which}" if mixed else "") for scan, (_, mixed) in zip(scans, alike, strict=True)]
    if {kind for kind, _ in alike} == {form(TABLES[table])}:
        return " UNION ALL ".join(scans)
    return " UNION ALL BY NAME ".join([f"({_nothing(table)})", *scans])


def _scan(root: Path, held: Sequence[Part]) -> str:
    files = ", ".join(quoted(root / part.file) for part in held)
    return f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)"


def _nothing(table: str) -> str:
    """No rows, with the columns of `table`."""
    columns = ", ".join(f'CAST(NULL AS {sql_type(field.type)}) AS "{field.name}"' for field in TABLES[table])
    return f"SELECT {columns} WHERE false"
