"""Another recipe for a catalog, with the rows that were decided again by it, in one change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import parts
from catalogs.commit import OF_CLIPS, Change, Columns, in_set, not_in_set, pieces
from catalogs.errors import SchemaError
from catalogs.manifest import Manifest, Part
from catalogs.schema import REJECTED, conform
from catalogs.storage import Storage

Update = Callable[[pa.Table], pa.Table]
"""Rows of a table, changed."""

_ACCEPTED = {rejected: table for table, rejected in REJECTED.items()}


def adopted(
    files: Storage,
    manifest: Manifest,
    columns: Columns,
    recipe: tuple[str, Mapping[str, Any]],
    decide: Update,
    draw: Update,
) -> Manifest:
    """The catalog with `recipe` (fingerprint, recipe) after `decide`, which gets and returns all rows of clips.

    Rows that have the fingerprint then are the catalog's, the others are of an older recipe. Latents and frames of
    clips that are not accepted any more stay, in the tables beside (REJECTED), and come back from there. draw: gets and
    returns the previews of clips whose verdict has changed. SchemaError: `decide` returned other clips, or accepted one
    whose latents are not there.
    """
    held = manifest.parts("clips")
    before = parts.read_all(files, "clips", held).sort_by("clip_id")
    after = conform("clips", decide(before)).sort_by("clip_id")
    if not after["clip_id"].equals(before["clip_id"]):
        raise SchemaError("deciding clips again returned others")
    moves = list(_moves(files, manifest, after))
    _check_latents(after, moves)
    change = Change(files, _marked(manifest, moves), columns)
    change.replace("clips", held, [])
    for fingerprint, rows in pieces(after):
        change.add("clips", [rows], fingerprint)
    said = [
        pc.binary_join_element_wise(rows["status"], pc.fill_null(rows["reason"], ""), " ") for rows in (before, after)
    ]
    changed = in_set(after["clip_id"].filter(pc.not_equal(*said)))
    for move in moves:
        drawn = move.table == "previews" and pc.any(changed(move.clips), min_count=0).as_py()
        if move.recipe is not None and not drawn:
            continue
        rows = parts.read(files, move.table, move.part)
        change.replace(move.table, [move.part], [])
        for place in dict.fromkeys(move.places):
            moved = rows.filter(pa.array([each == place for each in move.places]))
            new = changed(moved["clip_id"])
            whole = [moved.filter(pc.invert(new)), draw(moved.filter(new))] if drawn else [moved]
            change.add(place[0], whole, place[1])
    return change.commit(recipe)


@dataclass(frozen=True)
class _Move:
    """A part of a table, its clips, and the table and recipe each of its rows is to have."""

    table: str
    part: Part
    clips: pa.ChunkedArray
    places: list[tuple[str, str]]

    @property
    def recipe(self) -> str | None:
        """The recipe of all of its rows, None where they part, or go into another table."""
        (table, recipe), *others = dict.fromkeys(self.places)
        return None if others or table != self.table else recipe


def _moves(files: Storage, manifest: Manifest, clips: pa.Table) -> Iterator[_Move]:
    home = {row["clip_id"]: row for row in clips.select(["clip_id", "recipe", "status"]).to_pylist()}
    for table in OF_CLIPS[1:]:
        own = _ACCEPTED.get(table, table)
        for part in (part for part in manifest.parts(table) if part.rows):
            found = parts.read(files, table, part, ["clip_id"])["clip_id"]
            rows = [home[clip] for clip in found.to_pylist()]
            there = [own if row["status"] == "accepted" else REJECTED.get(own, own) for row in rows]
            yield _Move(table, part, found, [(at, row["recipe"]) for at, row in zip(there, rows, strict=True)])


def _marked(manifest: Manifest, moves: list[_Move]) -> Manifest:
    """The manifest with the recipe of files that stay as they are otherwise."""
    now = {move.part.file: move.recipe for move in moves if move.recipe is not None}
    tables = {
        table: tuple(replace(part, recipe=now.get(part.file, part.recipe)) for part in held)
        for table, held in manifest.tables.items()
    }
    return replace(manifest, tables=tables)


def _check_latents(clips: pa.Table, moves: list[_Move]) -> None:
    """SchemaError unless each accepted clip has latents."""
    there = [move.clips for move in moves if _ACCEPTED.get(move.table, move.table) == "latents"]
    held = pa.chunked_array([chunk for array in there for chunk in array.chunks], pa.string())
    accepted = clips["clip_id"].filter(pc.equal(clips["status"], "accepted"))
    without = accepted.filter(not_in_set(held)(accepted))
    if len(without):
        raise SchemaError(f"deciding clips again accepted {without[0]}, whose latents are not there")
