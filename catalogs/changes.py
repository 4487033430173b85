"""One change of the catalog: parts to add, parts to retire, published together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import parts
from catalogs.manifest import Manifest, Part
from catalogs.publish import publish
from catalogs.schema import empty

ALWAYS = ("clips", "latents", "previews", "runs")
"""Tables that have a file even without rows, so that a bare glob over them always works."""

OF_CLIPS = ("clips", "latents", "previews", "frames")
"""Tables whose rows belong to clips, and so to the recipe that decided these. A file holds rows of one recipe."""

CLIPS_PER_FILE = 250_000
FILE_BYTES = 256 << 20
SMALL_SHARE = 0.25
"""Files below this share of a full one are merged with others; so a row is rewritten a few times at most."""

RowMask = Callable[[pa.ChunkedArray], pa.ChunkedArray]
"""From the keys of a part's rows to a mask of those that must go."""


class Change:
    """Collects what one manifest changes. Nothing is visible to any reader before `publish`."""

    def __init__(self, root: Path, manifest: Manifest, columns: Mapping[str, pa.Schema] | None = None) -> None:
        """columns: by table, what new files have besides its own columns."""
        self._root = root
        self._manifest = manifest
        self._columns = columns or {}
        self._stem = parts.new_stem(manifest.sequence + 1)
        self._drafts: list[parts.Draft] = []
        self._removed: set[str] = set()

    def __bool__(self) -> bool:
        """Whether anything would change."""
        return bool(self._drafts or self._removed)

    def add(self, table: str, rows: Sequence[pa.Table], recipe: str | None = None) -> None:
        """Write `rows`, all decided under `recipe`, as one new part of `table`; no part if there are none."""
        if sum(piece.num_rows for piece in rows):
            self._draft(table, rows, recipe)

    def replace(self, table: str, old: Sequence[Part], rows: Sequence[pa.Table], recipe: str | None = None) -> None:
        """Retire the parts `old` and put `rows`, all decided under `recipe`, in their place."""
        self._removed.update(part.file for part in old)
        self.add(table, rows, recipe)

    def drop(self, table: str, gone: RowMask) -> None:
        """Rewrite the parts of `table` that hold rows that must go, without those rows."""
        for part in self._with_gone(table, gone):
            self.replace(table, [part], [self._kept(table, part, gone)], part.recipe)

    def compact(self, table: str, gone: RowMask | None = None) -> None:
        """Merge small parts of one recipe of `table` into files of a sensible size, and drop the rows that must go."""
        dirty = set() if gone is None else {part.file for part in self._with_gone(table, gone)}
        held = self._manifest.parts(table)
        for recipe in dict.fromkeys(part.recipe for part in held):
            for group in groups(table, [part for part in held if part.recipe == recipe]):
                if len(group) > 1 or group[0].file in dirty:
                    self.replace(table, group, [self._kept(table, part, gone) for part in group], recipe)

    def publish(self, recipe: tuple[str, Mapping[str, Any]] | None = None) -> Manifest:
        """Make the change, and with it a new (fingerprint, recipe) if given. Returns the new state."""
        for table in ALWAYS:
            self._settle_empty(table)
        return publish(self._root, self._manifest, self._drafts, self._removed, recipe)

    def _settle_empty(self, table: str) -> None:
        """Leave exactly one empty part in a table without rows, and none in one with rows."""
        kept = [part for part in self._manifest.parts(table) if part.file not in self._removed]
        if any(part.rows for part in kept) or any(item.table == table for item in self._drafts):
            self._removed.update(part.file for part in kept if part.rows == 0)
        elif not kept:
            self._draft(table, [empty(table)])

    def _draft(self, table: str, rows: Sequence[pa.Table], recipe: str | None = None) -> None:
        number = sum(item.table == table for item in self._drafts)
        stem = f"{self._stem}-{number}" if number else self._stem
        self._drafts.append(parts.draft(self._root, table, stem, rows, recipe, self._columns.get(table)))

    def _with_gone(self, table: str, gone: RowMask) -> list[Part]:
        key = parts.key(table)
        return [
            part
            for part in self._manifest.parts(table)
            if pc.any(gone(parts.read(self._root, table, part, [key])[key]), min_count=0).as_py()
        ]

    def _kept(self, table: str, part: Part, gone: RowMask | None) -> pa.Table:
        rows = parts.read(self._root, table, part)
        return rows if gone is None else rows.filter(pc.invert(gone(rows[parts.key(table)])))


def groups(table: str, held: Sequence[Part]) -> Iterator[list[Part]]:
    """Which parts belong into one file: large ones alone, small ones together up to a full file."""
    full = CLIPS_PER_FILE if table == "clips" else FILE_BYTES
    group: list[Part] = []
    size = 0
    for part in held:
        weight = part.rows if table == "clips" else part.bytes
        if weight >= SMALL_SHARE * full:
            yield [part]
            continue
        if group and size + weight > full:
            yield group
            group, size = [], 0
        group.append(part)
        size += weight
    if group:
        yield group


def in_set(values: pa.Array | pa.ChunkedArray) -> RowMask:
    """Rows whose key is one of `values` must go."""
    return lambda keys: pc.is_in(keys, value_set=_array(values))


def not_in_set(values: pa.Array | pa.ChunkedArray) -> RowMask:
    """Rows whose key is none of `values` must go."""
    return lambda keys: pc.invert(pc.is_in(keys, value_set=_array(values)))


def _array(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
