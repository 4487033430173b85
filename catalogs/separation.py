"""A file holds clips of one recipe. Catalogs of versions that did not keep to that are brought into this order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import parts
from catalogs.commit import OF_CLIPS, Change
from catalogs.manifest import Manifest, Part
from catalogs.storage import Storage


def separated(files: Storage, manifest: Manifest) -> Manifest:
    """`manifest` with the recipe and the form of every file, after files with rows of two recipes were cut apart.

    Only what is not noted is looked up: nothing of a catalog that this version wrote. Publishes a manifest if files
    were cut; the caller must be the catalog's only writer.
    """
    if all(part.form is not None for held in manifest.tables.values() for part in held):
        return manifest
    tables = {table: tuple(parts.looked_up(files, part) for part in held) for table, held in manifest.tables.items()}
    known = replace(manifest, tables=tables)
    recipes = {part.recipe for part in known.parts("clips") if part.rows}
    if len(recipes) == 1 and None not in recipes:
        return replace(known, tables={table: _marked(table, held, *recipes) for table, held in tables.items()})
    return _cut(files, known)


def _marked(table: str, held: tuple[Part, ...], recipe: str | None) -> tuple[Part, ...]:
    return tuple(replace(part, recipe=recipe) for part in held) if table in OF_CLIPS else held


def _cut(files: Storage, manifest: Manifest) -> Manifest:
    clips = parts.read_all(files, "clips", manifest.parts("clips"), ["clip_id", "recipe"]).combine_chunks()
    tables = dict(manifest.tables)
    mixed: list[tuple[str, Part]] = []
    for table in OF_CLIPS:
        for at, part in enumerate(tables.get(table, ())):
            if part.recipe is None and part.rows:
                found = _recipes(files, table, part, clips)
                if len(found) == 1:
                    marked = replace(part, recipe=found[0])
                    tables[table] = (*tables[table][:at], marked, *tables[table][at + 1 :])
                else:
                    mixed.append((table, part))
    known = replace(manifest, tables=tables)
    change = Change(files, known)
    for table, part in mixed:
        change.replace(table, [part], [])
        for recipe, rows in _pieces(files, table, part, clips):
            change.add(table, [rows], recipe)
    return change.commit() if change else known


def _recipes(files: Storage, table: str, part: Part, clips: pa.Table) -> list[str]:
    return pc.unique(_of(parts.read(files, table, part, ["clip_id"])["clip_id"], clips)).to_pylist()


def _pieces(files: Storage, table: str, part: Part, clips: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    rows = parts.read(files, table, part)
    owners = _of(rows["clip_id"], clips)
    for recipe in pc.unique(owners):
        yield recipe.as_py(), rows.filter(pc.equal(owners, recipe))


def _of(clip_ids: pa.ChunkedArray, clips: pa.Table) -> pa.ChunkedArray:
    """The recipe of each clip."""
    return clips["recipe"].take(pc.index_in(clip_ids, value_set=clips["clip_id"].combine_chunks()))
