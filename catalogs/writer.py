"""The only process that writes a catalog, for as long as it does: spans, maintenance, rows of runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import manifest as manifests
from catalogs import parts, staging
from catalogs.adoption import Update, adopted
from catalogs.commit import OF_CLIPS, Change, Columns, in_set, not_in_set, pieces
from catalogs.errors import BadSpan, CatalogError, SchemaError
from catalogs.manifest import Manifest, Part
from catalogs.opening import recipes_of, repaired, take_over
from catalogs.place import check_ground, locate
from catalogs.recipes import normal
from catalogs.schema import REJECTED, conform, form, with_columns
from catalogs.storage import Storage
from catalogs.storage.full_disk import named_when_full
from catalogs.storage.lock import ProcessLock
from catalogs.upsert import COMPARED, KEYS, decided_before, doubles, superseded, with_names

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

Spans = dict[str, dict[str, pa.Table]]
"""The tables of staged spans, by the names of their files."""


@dataclass(frozen=True)
class Problem:
    """A staged span that was not committed: the name of its file (now, or what it was) and why. It is undecided."""

    source_key: str
    span_index: int
    file: str
    error: str


class Writer:
    """Commits staged spans; one at a time per catalog, also across processes. Use `Writer.open`.

    A worker stages a span as one file; `commit` makes the rows of many one part a table, in one change
    (`catalogs.commit`); then the staged files go. Killed before the change, nothing has happened and the staged files
    are still there; killed after it, they are committed again, which replaces rows by their equals, because a commit is
    an upsert by (source_key, span_index).
    """

    def __init__(
        self,
        files: Storage,
        lock: ProcessLock,
        manifest: Manifest,
        columns: Columns,
        recipe: tuple[str, Mapping[str, Any]],
    ) -> None:
        self._files = files
        self._recipe = recipe
        self._columns = columns
        self._lock = lock
        self._manifest = manifest
        self._uncertain = False
        self._compared: dict[str, pa.Table] = {}
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
        adoptable: Collection[str] = (),
    ) -> Self:
        """Create the catalog or take it over, and repair what a killed run left.

        Spans staged by a killed run are kept: the first `commit` takes them. Its row in runs gets the status
        `killed`. With `recompute` a catalog of another recipe takes this one: its rows stay until their spans are
        committed again. columns: by table, those that the recipe's stages declare: all files written here have them,
        with rows or without. adoptable: parameters, as `catalogs.recipes.changes` names them; a catalog whose recipe
        differs in these alone is opened as it is, and is `behind` until `adopt`.
        BadPlace: the folder holds other things, or is a file; nothing is made then. CatalogBusy: another process
        writes. SchemaError: the catalog has one of the columns with another type. RecipeMismatch, VersionMismatch,
        CatalogDamaged: as they say.
        """
        files = locate(uri)
        check_ground(files.root)
        with named_when_full(files.uri()):
            lock, manifest = take_over(files, recipe, fingerprint, recompute, columns or {}, adoptable)
        return cls(files, lock, manifest, columns or {}, (fingerprint, normal(recipe)))

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

    def decided(self, *more: str) -> pa.Table:
        """The committed clips of the current recipe, columns DECIDED and more; commit first to count staged spans."""
        with self._working():
            held = [part for part in self._manifest.parts("clips") if part.recipe == self._manifest.fingerprint]
            return parts.read_all(self._files, "clips", held, (*DECIDED, *more))

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
        for batch in staging.batches(staging.staged(self._files), BATCH_BYTES):
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
            before = parts.read_all(self._files, "clips", held).sort_by("clip_id")
            after = conform("clips", update(before)).sort_by("clip_id")
            _check_update(before, after)
            change = self._change()
            new = list(pieces(after))
            if not after.equals(before) or len(held) > max(1, len(new)) or self._outgrown(held):
                change.replace("clips", held, [])
                for recipe, rows in new:
                    change.add("clips", [rows], recipe)
            accepted = after.filter(pc.equal(after["status"], "accepted"))["clip_id"]
            others = after.filter(pc.not_equal(after["status"], "accepted"))["clip_id"]
            stays = {"previews": after["clip_id"], **dict.fromkeys(REJECTED, accepted)}
            for table, clips in {**stays, **dict.fromkeys(REJECTED.values(), others)}.items():
                change.compact(table, not_in_set(clips))
            for table in ("runs", "metrics"):
                change.compact(table)
            return self._commit(change)

    @property
    def behind(self) -> bool:
        """Whether the catalog has another recipe than this writer was opened with, and waits for `adopt`."""
        return self._manifest.fingerprint != self._recipe[0]

    def recipes(self) -> dict[str, Mapping[str, Any]]:
        """The recipes that decided the catalog's clips, as far as they are known, by fingerprint."""
        with self._working():
            return recipes_of(self._files, self._manifest)

    def clips(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of all committed clips, whatever recipe decided them."""
        with self._working():
            return parts.read_all(self._files, "clips", self._manifest.parts("clips"), columns)

    def with_latents(self) -> set[str]:
        """clip_id of the clips that are not accepted, and whose latents are kept."""
        with self._working():
            held = self._manifest.parts(REJECTED["latents"])
            return set(parts.read_all(self._files, REJECTED["latents"], held, ["clip_id"])["clip_id"].to_pylist())

    def adopt(self, decide: Update, draw: Update) -> None:
        """Give the catalog the recipe this writer was opened with, in one manifest with what `decide` makes of clips.

        `decide` and `draw`: see `catalogs.adoption.adopted`. Commit first: staged spans are of the recipe before.
        """
        with self._working():
            self._manifest = adopted(self._files, self._manifest, self._columns, self._recipe, decide, draw)

    def put_run(self, row: Mapping[str, Any]) -> None:
        """Write the run's row into runs, in place of one with the same run_id."""
        with self._working():
            rows = conform("runs", [row])
            change = self._change()
            change.drop("runs", in_set(rows["run_id"]))
            change.add("runs", [rows])
            self._commit(change)

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Repair first if an earlier operation failed half way, and note if this one does."""
        self._refuse_closed()
        if self._uncertain:
            self._manifest = repaired(self._files, manifests.newest(self._files)) or self._manifest
        self._uncertain = True
        with named_when_full(self._files.uri()):
            yield
        self._uncertain = False

    def _refuse_closed(self) -> None:
        if not self._lock.held:
            raise CatalogError(f"this writer of {self._files.uri()} is closed: open another one")

    def _commit(self, change: Change) -> bool:
        if change:
            self._manifest = change.commit()
        return bool(change)

    def _commit_batch(self, names: Sequence[str]) -> int:
        """Commit staged files in one change, and remove them; how many clips are in it."""
        spans = self._admitted(names)
        if spans:
            incoming = pa.concat_tables([tables["clips"].select(KEYS) for tables in spans.values()])
            fingerprint = self._manifest.fingerprint
            going = pa.concat_tables([superseded(held, incoming, fingerprint) for held in self._held()])
            change = self._change()
            if going.num_rows:
                for table in OF_CLIPS:
                    change.drop(table, in_set(going["clip_id"]))
                for tables in spans.values():
                    tables["clips"] = with_names(tables["clips"], going)
            for table in OF_CLIPS:
                change.add(table, [tables[table] for tables in spans.values() if table in tables], fingerprint)
            self._commit(change)
        self._files.delete([*spans, *map(staging.bad_name, spans)])
        return sum(tables["clips"].num_rows for tables in spans.values())

    def _admitted(self, names: Sequence[str]) -> Spans:
        """Those of the staged spans that can be committed; the others are noted, and removed or set aside."""
        spans: Spans = {}
        for name in names:
            try:
                tables = staging.read_span(self._files, name)
            except BadSpan as error:
                self._note(name, staging.set_aside(self._files, name), str(error))
                continue
            recipes = set(tables["clips"]["recipe"].to_pylist())
            if recipes == {self._manifest.fingerprint}:
                spans[name] = tables
            else:
                self._files.delete([name])
                self._note(name, name, f"staged under recipe {', '.join(sorted(recipes))}: removed")
        for name, source_key in decided_before(_clips(spans), self._held()).items():
            self._files.delete([name])
            self._spared.add(source_key)
            del spans[name]
        for name, (clip, holder) in doubles(_clips(spans), self._held(), self._manifest.fingerprint).items():
            bad, who = staging.set_aside(self._files, name), holder.rpartition("/")[2]
            said = f"{self._files.uri(bad)}: clip_id {clip} belongs to {who}; a duplicate needs its own"
            self._note(name, bad, said)
            del spans[name]
        return spans

    def _note(self, name: str, now: str, error: str) -> None:
        self._problems.append(Problem(*staging.span_of(name), now, error))

    def _held(self) -> list[pa.Table]:
        """COMPARED of all committed clips, a table a part; parts never change, so each is read once."""
        held = {part.file: part for part in self._manifest.parts("clips")}
        self._compared = {file: rows for file, rows in self._compared.items() if file in held}
        for file, part in held.items():
            if file not in self._compared:
                self._compared[file] = parts.read(self._files, "clips", part, COMPARED)
        return list(self._compared.values())

    def _change(self) -> Change:
        return Change(self._files, self._manifest, self._columns)

    def _outgrown(self, clips: Sequence[Part]) -> bool:
        """Whether files of clips lack columns that were added since."""
        columns = parts.columns_of(self._files, "clips", *clips)
        wanted = form(with_columns("clips", self._columns.get("clips", pa.schema([])), columns))
        return any(part.form != wanted for part in clips)

    def _fold(self) -> None:
        change = self._change()
        for table in OF_CLIPS:
            change.compact(table)
        self._commit(change)


def _clips(spans: Spans) -> dict[str, pa.Table]:
    return {name: tables["clips"] for name, tables in spans.items()}


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
