"""The commit: how a catalog goes from one state to the next.

A state is a list of files, the manifest (`catalogs.manifest`); the newest manifest is the catalog. `Change` collects
what the next one says otherwise, and `Change.commit` makes it so:

1. The new parts are written, each whole and durable, where no reader looks.
2. They get their names, never used before: what belongs to clips first, clips last (ORDER).
3. The manifest of the next number is put, if no other process has put one of that number. **This is the commit.**
4. The parts that were replaced are removed, and old manifests.

So whoever reads the manifest sees the state before 3 or the state after it, whole. A process that dies before 3 leaves
files that no manifest names, and one that dies after it leaves replaced parts: `sweep` removes both, and every writer
begins with it, also after a full disk or another error. tests/system/catalogs/test_writer_crashes.py dies before every
single step.

A bare glob such as `read_parquet('CATALOG/clips/**/*.parquet')` does not know the manifest. It differs from the view
only between the first step of 2 and the last of 4, a few system calls for each commit: new rows may be there an instant
early, and where parts are replaced (a span decided again, a compaction) their rows may stand twice or a listed file may
be gone. A process killed inside that interval leaves it open until the next `Writer.open`. When no run is in progress
and the last one was not killed, glob and view are equal.

One process writes at a time, which a lock on the folder sees to. A store without locks needs none: there a writer first
puts an unchanged manifest of the next number, with a mark of its own, and sweeps only then; so whoever wrote before is
refused at its next step 3, and looks at the newest manifest's mark where it has nothing to commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import manifest as manifests
from catalogs import parts
from catalogs.errors import CatalogDamaged
from catalogs.manifest import Manifest, Part
from catalogs.place import MANIFESTS, PART_NAME, WORK
from catalogs.schema import REJECTED, TABLES, VERSION, empty
from catalogs.storage import Draft, Storage

ORDER = ("latents", "previews", "frames", *REJECTED.values(), "metrics", "runs", "clips")
"""The order in which parts get their names: a clip's row appears after all that belongs to it."""

ALWAYS = ("clips", "latents", "previews", "runs")
"""Tables that have a file even without rows, so that a bare glob over them always works."""

OF_CLIPS = ("clips", "latents", "previews", "frames", *REJECTED.values())
"""Tables whose rows belong to clips, and so to the recipe that decided these. A file holds rows of one recipe."""

CLIPS_PER_FILE = 250_000
FILE_BYTES = 256 << 20
SMALL_SHARE = 0.25
"""Files below this share of a full one are merged with others; so a row is rewritten a few times at most."""

RowMask = Callable[[pa.ChunkedArray], pa.ChunkedArray]
"""From the keys of a part's rows to which of the rows are meant."""


Columns = Mapping[str, pa.Schema]
"""By table, columns besides its own, which stages declare."""


class Change:
    """Parts to add and parts to retire, from one state of a catalog to the next. Nobody sees it before `commit`."""

    def __init__(self, files: Storage, manifest: Manifest, columns: Columns | None = None) -> None:
        """columns: by table, what new files have besides its own columns."""
        self._files = files
        self._manifest = manifest
        self._columns = columns or {}
        self._stem = parts.new_stem(manifest.sequence + 1)
        self._added: dict[str, list[tuple[Part, Draft]]] = {}
        self._retired: set[str] = set()

    def __bool__(self) -> bool:
        """Whether anything would change."""
        return bool(self._added or self._retired)

    def add(self, table: str, rows: Sequence[pa.Table], recipe: str | None = None) -> None:
        """Write `rows`, all decided under `recipe`, as one new part of `table`; no part if there are none."""
        if sum(piece.num_rows for piece in rows):
            self._add(table, rows, recipe)

    def replace(self, table: str, old: Sequence[Part], rows: Sequence[pa.Table], recipe: str | None = None) -> None:
        """Retire the parts `old` and put `rows`, all decided under `recipe`, in their place."""
        self._retired.update(part.file for part in old)
        self.add(table, rows, recipe)

    def drop(self, table: str, gone: RowMask) -> None:
        """Rewrite the parts of `table` that hold rows that must go, without those rows."""
        for part in self._holding(table, gone):
            self.replace(table, [part], [self._kept(table, part, gone)], part.recipe)

    def compact(self, table: str, gone: RowMask | None = None) -> None:
        """Merge small parts of one recipe of `table` into files of a sensible size, and drop the rows that must go."""
        dirty = set() if gone is None else {part.file for part in self._holding(table, gone)}
        held = self._manifest.parts(table)
        for recipe in dict.fromkeys(part.recipe for part in held):
            for group in groups(table, [part for part in held if part.recipe == recipe]):
                if len(group) > 1 or group[0].file in dirty:
                    self.replace(table, group, [self._kept(table, part, gone) for part in group], recipe)

    def commit(self, recipe: tuple[str, Mapping[str, Any]] | None = None) -> Manifest:
        """Make the change, and with it a new (fingerprint, recipe) if given. Returns the new state.

        CatalogBusy: another process has committed meanwhile; nothing has happened then but new files that no manifest
        names, which `sweep` removes.
        """
        for table in ALWAYS:
            self._settle_empty(table)
        new = self._next(recipe)
        for table in ORDER:
            for _, draft in self._added.get(table, ()):
                draft.publish()
        manifests.publish(self._files, new)
        self._files.delete(sorted(self._retired, key=_place_in_order, reverse=True))
        manifests.prune(self._files)
        return new

    def _next(self, recipe: tuple[str, Mapping[str, Any]] | None) -> Manifest:
        """The state after this change: the parts that stay, and the new ones at the end."""
        old = self._manifest
        fingerprint, described = recipe or (old.fingerprint, old.recipe)
        tables = {
            table: (
                *(part for part in old.parts(table) if part.file not in self._retired),
                *(part for part, _ in self._added.get(table, ())),
            )
            for table in TABLES
        }
        held = {table: parts for table, parts in tables.items() if parts}
        return Manifest(old.sequence + 1, VERSION, fingerprint, described, held)

    def _settle_empty(self, table: str) -> None:
        """Leave exactly one empty part in a table without rows, and none in one with rows."""
        kept = [part for part in self._manifest.parts(table) if part.file not in self._retired]
        if table in self._added or any(part.rows for part in kept):
            self._retired.update(part.file for part in kept if part.rows == 0)
        elif not kept:
            self._add(table, [empty(table)])

    def _add(self, table: str, rows: Sequence[pa.Table], recipe: str | None = None) -> None:
        added = self._added.setdefault(table, [])
        stem = f"{self._stem}-{len(added)}" if added else self._stem
        added.append(parts.draft(self._files, table, stem, rows, recipe, self._columns.get(table)))

    def _holding(self, table: str, gone: RowMask) -> list[Part]:
        """The parts with a row that must go."""
        key = parts.key(table)
        return [
            part
            for part in self._manifest.parts(table)
            if pc.any(gone(parts.read(self._files, table, part, [key])[key]), min_count=0).as_py()
        ]

    def _kept(self, table: str, part: Part, gone: RowMask | None) -> pa.Table:
        rows = parts.read(self._files, table, part)
        return rows if gone is None else rows.filter(pc.invert(gone(rows[parts.key(table)])))


def sweep(files: Storage, manifest: Manifest | None) -> None:
    """Remove what a killed or failed writer left: parts the manifest does not name, and drafts of both.

    Only files with names this package makes are touched, and none in `_work`: workers may be writing there. Without a
    manifest, parts of later commits than the first are no leftovers: CatalogDamaged, because removing them would remove
    the catalog.
    """
    named = manifest.files() if manifest else set()
    strays = []
    for entry in (entry for table in TABLES for entry in files.list(table) if entry.name not in named):
        part = PART_NAME.fullmatch(entry.name.rpartition("/")[2])
        if part and manifest is None and int(part[1]) > 1:
            raise CatalogDamaged(
                f"{files.uri()} holds {entry.name} but no manifest in {MANIFESTS}/: "
                f"restore that folder, or choose another folder for a new catalog"
            )
        strays += [entry.name] if part else []
    files.delete(strays)
    for folder in (*TABLES, MANIFESTS):
        files.discard_drafts(folder)


def sweep_work(files: Storage) -> None:
    """Remove what killed workers left half written. Only for a writer that has no workers yet."""
    files.discard_drafts(WORK)


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


def pieces(clips: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Rows of clips, of one file each, with the recipe that decided them."""
    for recipe in pc.unique(clips["recipe"]):
        rows = clips.filter(pc.equal(clips["recipe"], recipe))
        for start in range(0, rows.num_rows, CLIPS_PER_FILE):
            yield recipe.as_py(), rows.slice(start, CLIPS_PER_FILE)


def in_set(values: pa.Array | pa.ChunkedArray) -> RowMask:
    """Rows whose key is one of `values`."""
    return lambda keys: pc.is_in(keys, value_set=_array(values))


def not_in_set(values: pa.Array | pa.ChunkedArray) -> RowMask:
    """Rows whose key is none of `values`."""
    return lambda keys: pc.invert(pc.is_in(keys, value_set=_array(values)))


def _array(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _place_in_order(file: str) -> int:
    return ORDER.index(file.split("/")[0])
