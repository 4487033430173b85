"""The only committer of a catalog."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import manifest as manifests
from catalogs import parts, staging
from catalogs.changes import ALWAYS, CLIPS_PER_FILE, OF_CLIPS, Change, in_set, not_in_set
from catalogs.errors import BadSpan, CatalogError, RecipeMismatch, SchemaError
from catalogs.ground import check_ground
from catalogs.lock import WriterLock
from catalogs.manifest import Manifest, Part
from catalogs.place import MANIFESTS, WORK, locate
from catalogs.publish import sweep, sweep_work
from catalogs.recipes import differences, normal
from catalogs.schema import VERSION, conform, form, sql_type, with_columns
from catalogs.separation import separated
from catalogs.space import named_when_full
from catalogs.upsert import KEYS, NAMES, collisions, only_unreached, replaced, spared, with_names

BATCH_BYTES = 128 << 20
"""Staged bytes gathered into one part of each table at most: bounds the committer's memory."""

FOLD_AT = 64
"""More parts of clips than this are merged at the end of a commit: a query pays for each file."""

DECIDED = (
    "source_key",
    "span_index",
    "span_count",
    "source_uri",
    "content",
    "clip_id",
    "status",
    "reason",
    "start_s",
    "end_s",
    "subject_id",
    "split",
)

Spans = dict[Path, dict[str, pa.Table]]
Columns = Mapping[str, pa.Schema]


@dataclass(frozen=True)
class Problem:
    """A staged span that was not committed: its file (where it is now, or was) and why. It is undecided."""

    path: Path
    error: str


class Writer:
    """Commits staged spans; one at a time per catalog, also across processes. Use `Writer.open`.

    The protocol: a span is staged as one file; `commit` writes the rows of many as one part a table and
    links a manifest that names all parts; then the staged files go. Killed before the link, nothing has
    happened and the staged files are still there; killed after it, they are committed again, which replaces
    rows by their equals, because a commit is an upsert by (source_key, span_index).
    """

    def __init__(self, root: Path, lock: WriterLock, manifest: Manifest, columns: Columns) -> None:
        self._root = root
        self._columns = columns
        self._lock = lock
        self._manifest = manifest
        self._uncertain = False
        self._keys: dict[str, pa.Table] = {}
        self._problems: list[Problem] = []
        self._spared: set[str] = set()

    @classmethod
    def open(
        cls,
        uri: str | os.PathLike[str],
        recipe: Mapping[str, Any],
        fingerprint: str,
        recompute: bool = False,
        columns: Columns | None = None,
    ) -> Self:
        """Create the catalog or take it over, and repair what a killed run left.

        Spans staged by a killed run are kept: the first `commit` takes them. Its row in runs gets the status
        `killed`. With `recompute` a catalog of another recipe takes this one: its rows stay until their spans are
        committed again. columns: by table, those that the recipe's stages declare: all files written here have them,
        with rows or without.
        BadPlace: the folder holds other things, or is a file; nothing is made then. CatalogBusy: another process
        writes. SchemaError: the catalog has one of the columns with another type. RecipeMismatch, VersionMismatch,
        CatalogDamaged: as they say.
        """
        root = locate(uri)
        check_ground(root)
        with named_when_full(root):
            lock, manifest = _taken_over(root, recipe, fingerprint, recompute, columns or {})
        return cls(root, lock, manifest, columns or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes write. Staged spans that were not committed stay for the next writer."""
        self._lock.release()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The staged spans that could not be committed since this writer was opened."""
        return tuple(self._problems)

    @property
    def spared(self) -> frozenset[str]:
        """source_key of what was out of reach, although decided before, since this writer was opened: its rows stay."""
        return frozenset(self._spared)

    def decided(self) -> pa.Table:
        """The committed clips of the current recipe, columns DECIDED; commit first to count staged spans."""
        with self._working():
            held = [part for part in self._manifest.parts("clips") if part.recipe == self._manifest.fingerprint]
            return parts.read_all(self._root, "clips", held, DECIDED)

    @property
    def older(self) -> int:
        """How many committed clips another recipe decided: views and readers do not show them."""
        held = self._manifest.parts("clips")
        return sum(part.rows for part in held if part.recipe != self._manifest.fingerprint)

    def commit(self) -> int:
        """Publish all staged spans, at most BATCH_BYTES a manifest; returns the clips committed.

        Rows that a span already has are replaced in the same manifest; accepted clips keep the name of their person,
        unless the staged row has one. A staged file that is unreadable, or
        repeats a clip_id of another span, is renamed to `.bad` and noted in `problems`; one staged under
        another recipe is removed and noted.
        """
        self._refuse_closed()
        rows = 0
        for batch in staging.batches(staging.staged(self._root), BATCH_BYTES):
            with self._working():
                rows += self._commit_batch(batch)
        if len(self._manifest.parts("clips")) > FOLD_AT:
            with self._working():
                self._fold()
        return rows

    def maintain(self, update: Callable[[pa.Table], pa.Table]) -> bool:
        """Maintenance at the end of a run: change the rows of clips, then bring all files to a sensible size.

        `update` gets all clips, sorted by clip_id, and returns them changed or fewer: it may neither add a
        clip_id nor accept a clip that was not (it would have no latents). Rows of other tables
        whose clip is gone (latents and frames: or no longer accepted) go with it. Files written before columns were
        added get them. One manifest; False if nothing changed.
        """
        with self._working():
            held = self._manifest.parts("clips")
            before = parts.read_all(self._root, "clips", held).sort_by("clip_id")
            after = conform("clips", update(before)).sort_by("clip_id")
            _check_update(before, after)
            change = self._change()
            pieces = list(_pieces(after))
            if not after.equals(before) or len(held) > max(1, len(pieces)) or self._outgrown(held):
                change.replace("clips", held, [])
                for recipe, rows in pieces:
                    change.add("clips", [rows], recipe)
            accepted = after.filter(pc.equal(after["status"], "accepted"))["clip_id"]
            for table, stays in (("latents", accepted), ("frames", accepted), ("previews", after["clip_id"])):
                change.compact(table, not_in_set(stays))
            for table in ("runs", "metrics"):
                change.compact(table)
            return self._publish(change)

    def put_run(self, row: Mapping[str, Any]) -> None:
        """Write the run's row into runs, in place of one with the same run_id."""
        with self._working():
            rows = conform("runs", [row])
            change = self._change()
            change.drop("runs", in_set(rows["run_id"]))
            change.add("runs", [rows])
            self._publish(change)

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Repair first if an earlier operation failed half way, and note if this one does."""
        self._refuse_closed()
        if self._uncertain:
            found = manifests.newest(self._root)
            sweep(self._root, found)
            self._manifest = separated(self._root, found) if found else self._manifest
        self._uncertain = True
        with named_when_full(self._root):
            yield
        self._uncertain = False

    def _refuse_closed(self) -> None:
        if not self._lock.held:
            raise CatalogError(f"this writer of {self._root} is closed: open another one")

    def _publish(self, change: Change) -> bool:
        if change:
            self._manifest = change.publish()
        return bool(change)

    def _commit_batch(self, paths: list[Path]) -> int:
        spans = self._without_collisions(self._without_spared(self._load(paths)))
        if spans:
            incoming = _keys(tables["clips"] for tables in spans.values())
            change = self._change()
            going = pa.concat_tables([replaced(held, incoming, self._manifest.fingerprint) for held in self._held()])
            if going.num_rows:
                for table in OF_CLIPS:
                    change.drop(table, in_set(going["clip_id"]))
                for tables in spans.values():
                    tables["clips"] = with_names(tables["clips"], going)
            for table in OF_CLIPS:
                rows = [tables[table] for tables in spans.values() if table in tables]
                change.add(table, rows, self._manifest.fingerprint)
            self._publish(change)
        for path in spans:
            os.unlink(path)
            if path.with_suffix(staging.BAD_SUFFIX).exists():
                os.unlink(path.with_suffix(staging.BAD_SUFFIX))
        return sum(tables["clips"].num_rows for tables in spans.values())

    def _load(self, paths: list[Path]) -> Spans:
        spans: Spans = {}
        for path in paths:
            try:
                tables = staging.read_span(path)
            except BadSpan as error:
                self._problems.append(Problem(staging.set_aside(path), str(error)))
                continue
            recipes = set(tables["clips"]["recipe"].to_pylist())
            if recipes == {self._manifest.fingerprint}:
                spans[path] = tables
            else:
                os.unlink(path)
                self._problems.append(Problem(path, f"staged under recipe {', '.join(sorted(recipes))}: removed"))
        return spans

    def _without_spared(self, spans: Spans) -> Spans:
        """Without those that say no more than that a source is out of reach which the catalog decided before."""
        unreached = {path: tables["clips"] for path, tables in spans.items() if only_unreached(tables["clips"])}
        if not unreached:
            return spans
        found = set().union(*(spared(held, _keys(unreached.values())) for held in self._held()))
        for path, clips in unreached.items():
            if clips["source_key"][0].as_py() in found:
                os.unlink(path)
                del spans[path]
        self._spared |= found
        return spans

    def _without_collisions(self, spans: Spans) -> Spans:
        """The spans whose clip_ids no other span holds; the others are set aside."""
        good: Spans = {}
        taken: dict[str, Path] = {}
        for path, tables in spans.items():
            ids = tables["clips"]["clip_id"].to_pylist()
            twice = [clip for clip in ids if clip in taken]
            if twice:
                self._refuse(path, twice[0], taken[twice[0]].name)
                continue
            good[path] = tables
            taken.update(dict.fromkeys(ids, path))
        while good:
            incoming = _keys(tables["clips"] for tables in good.values())
            double = [clip for held in self._held() for clip in collisions(held, incoming, self._manifest.fingerprint)]
            if not double:
                break
            for clip in double:
                if good.pop(taken[clip], None) is not None:
                    self._refuse(taken[clip], clip, "a span already in the catalog")
        return good

    def _refuse(self, path: Path, clip: str, holder: str) -> None:
        bad = staging.set_aside(path)
        self._problems.append(Problem(bad, f"{bad}: clip_id {clip} belongs to {holder}; a duplicate needs its own"))

    def _held(self) -> list[pa.Table]:
        """KEYS, NAMES and reason of all committed clips, a table a part; parts never change, so each is read once."""
        held = {part.file: part for part in self._manifest.parts("clips")}
        self._keys = {file: keys for file, keys in self._keys.items() if file in held}
        for file, part in held.items():
            if file not in self._keys:
                self._keys[file] = parts.read(self._root, "clips", part, (*KEYS, *NAMES, "reason"))
        return list(self._keys.values())

    def _change(self) -> Change:
        return Change(self._root, self._manifest, self._columns)

    def _outgrown(self, clips: Sequence[Part]) -> bool:
        """Whether files of clips lack columns that were added since."""
        columns = parts.columns_of(self._root, "clips", *clips)
        wanted = form(with_columns("clips", self._columns.get("clips", pa.schema([])), columns))
        return any(part.form != wanted for part in clips)

    def _fold(self) -> None:
        change = self._change()
        for table in OF_CLIPS:
            change.compact(table)
        self._publish(change)


def _keys(clips: Iterable[pa.Table]) -> pa.Table:
    """KEYS of several tables of clips, whose other columns may differ, as one."""
    return pa.concat_tables([rows.select(KEYS) for rows in clips])


def _taken_over(
    root: Path, recipe: Mapping[str, Any], fingerprint: str, recompute: bool, columns: Columns
) -> tuple[WriterLock, Manifest]:
    """The lock of the catalog and its state, made where there was none and repaired."""
    for folder in (MANIFESTS, *ALWAYS, WORK):
        (root / folder).mkdir(parents=True, exist_ok=True)
    lock = WriterLock(root)
    try:
        manifest = manifests.newest(root)
        if manifest is not None:
            manifests.check_version(root, manifest)
            if manifest.fingerprint != fingerprint and not recompute:
                raise RecipeMismatch(_mismatch(root, manifest, recipe, fingerprint))
        sweep(root, manifest)
        sweep_work(root)
        if manifest is not None:
            _refuse_other_types(root, manifest, columns)
            manifest = separated(root, manifest)
        if manifest is None:
            manifest = Change(root, Manifest(0, VERSION, fingerprint, normal(recipe), {}), columns).publish()
        elif manifest.fingerprint != fingerprint:
            manifest = Change(root, manifest).publish((fingerprint, normal(recipe)))
        manifest = _with_killed(root, manifest)
    except BaseException:
        lock.release()
        raise
    return lock, manifest


def _with_killed(root: Path, manifest: Manifest) -> Manifest:
    """With the status `killed` for runs that are still `running`: who holds the lock knows that none is."""
    held = parts.read_all(root, "runs", manifest.parts("runs"))
    dead = held.filter(pc.equal(held["status"], "running"))
    if not dead.num_rows:
        return manifest
    column = dead.schema.get_field_index("status")
    killed = dead.set_column(column, dead.schema.field(column), pa.repeat(pa.scalar("killed"), dead.num_rows))
    change = Change(root, manifest)
    change.drop("runs", in_set(dead["run_id"]))
    change.add("runs", [killed])
    return change.publish()


def _pieces(clips: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of one file each, with the recipe that decided them."""
    for recipe in pc.unique(clips["recipe"]):
        rows = clips.filter(pc.equal(clips["recipe"], recipe))
        for start in range(0, rows.num_rows, CLIPS_PER_FILE):
            yield recipe.as_py(), rows.slice(start, CLIPS_PER_FILE)


def _refuse_other_types(root: Path, manifest: Manifest, columns: Columns) -> None:
    """SchemaError if the catalog has one of the columns with another type."""
    for table, declared in columns.items():
        held = parts.columns_of(root, table, *manifest.parts(table))
        for field in declared:
            there = held.field(field.name).type if field.name in held.names else field.type
            if sql_type(there) != sql_type(field.type):
                raise SchemaError(
                    f"{root} has a column {table}.{field.name} of type {sql_type(there)}, and a stage declares it as "
                    f"{sql_type(field.type)}: give the column another name, or choose another catalog folder"
                )


def _check_update(before: pa.Table, after: pa.Table) -> None:
    """SchemaError if an update of clips added clips, doubled one, or accepted one that has no latents."""
    if len(pc.unique(after["clip_id"])) < after.num_rows:
        raise SchemaError("the update of clips returned a clip_id twice")
    for what, held, now in (
        ("added", before, after),
        ("accepted", *(rows.filter(pc.equal(rows["status"], "accepted")) for rows in (before, after))),
    ):
        extra = now["clip_id"].filter(not_in_set(held["clip_id"])(now["clip_id"]))
        if len(extra):
            raise SchemaError(f"the update of clips {what} {extra[0]}: only a staged span can do that")


def _mismatch(root: Path, manifest: Manifest, recipe: Mapping[str, Any], fingerprint: str) -> str:
    lines = differences(manifest.recipe, recipe) or ["nothing that the recipes state: the code or its versions"]
    return (
        f"{root} was made with recipe {manifest.fingerprint}, this run has {fingerprint}. They differ in:\n"
        + "".join(f"  {line}\n" for line in lines)
        + "Choose another catalog folder, or run again with --recompute: then every clip is worked on again "
        "and replaces what is there."
    )
