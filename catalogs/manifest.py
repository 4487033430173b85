"""The manifest: the list of files that are the catalog, and the recipe they were made with.

`_manifest/00000012.json` is put under a name that must not be there yet, so a manifest is whole or absent and no two
writers can publish the same one. The newest is the truth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogs.errors import CatalogBusy, CatalogDamaged, VersionMismatch
from catalogs.place import MANIFESTS
from catalogs.schema import OLDEST, VERSION
from catalogs.storage import Storage

KEEP = 5
"""Manifests kept: a reader that has just listed the folder still finds the one it chose."""

_NAME = re.compile(rf"{MANIFESTS}/\d{{8}}\.json")
_ATTEMPTS = 100
_TOLD = ("file", "rows", "bytes")
_NOTED = ("recipe", "form")
"""Of each part: what the list of files says, as every version reads it, and what is noted beside the list."""


@dataclass(frozen=True)
class Part:
    """One Parquet file: `file` relative to the catalog's folder, its rows and bytes.

    recipe: the fingerprint under which all its rows were decided; None where rows have no recipe (runs, metrics),
    where there are none, and where a version that did not note it wrote them. form: `catalogs.schema.form` of its
    columns, None where it was not noted.
    """

    file: str
    rows: int
    bytes: int
    recipe: str | None = None
    form: str | None = None


@dataclass(frozen=True)
class Commit:
    """Which of a catalog's commits: its number, and the fingerprint of the recipe that it was made with."""

    sequence: int
    fingerprint: str


@dataclass(frozen=True)
class Manifest:
    """One state of the catalog. `tables` holds the parts of every table that has files."""

    sequence: int
    version: str
    fingerprint: str
    recipe: Mapping[str, Any]
    tables: Mapping[str, tuple[Part, ...]]

    @property
    def commit(self) -> Commit:
        """Which commit it is."""
        return Commit(self.sequence, self.fingerprint)

    def files(self) -> set[str]:
        """All files of this state, relative to the catalog's folder."""
        return {part.file for parts in self.tables.values() for part in parts}

    def parts(self, table: str) -> tuple[Part, ...]:
        """The parts of one table; none if it has no files."""
        return self.tables.get(table, ())

    def own_parts(self, table: str) -> tuple[Part, ...]:
        """Those that may hold rows of the catalog's recipe: of that recipe, and those that do not say which."""
        return tuple(part for part in self.parts(table) if part.rows and part.recipe in (None, self.fingerprint))


def newest(files: Storage) -> Manifest | None:
    """The catalog's state now; None if there is none. CatalogDamaged if it cannot be read."""
    for _ in range(_ATTEMPTS):
        names = _names(files)
        if not names:
            return None
        try:
            with files.open_input(names[-1]) as file:
                text = file.read()
        except FileNotFoundError:
            continue  # pruned since it was listed: so there is a newer one
        return _parse(files.uri(names[-1]), text)
    raise CatalogBusy(f"{files.uri()}: {_ATTEMPTS} manifests in a row were replaced while reading; try again")


def check_version(files: Storage, manifest: Manifest) -> None:
    """VersionMismatch unless this code can read the catalog's tables, and write them on."""
    theirs, ours, oldest = int(manifest.version), int(VERSION), int(OLDEST)
    if theirs > ours:
        raise VersionMismatch(
            f"{files.uri()} was written with schema version {theirs}, this code knows up to {ours}: update the code"
        )
    if theirs < oldest:
        raise VersionMismatch(
            f"{files.uri()} was written with schema version {theirs}, this code writes {ours} and has no migration: "
            f"read it with the code that wrote it, or extract again into another catalog folder"
        )


def publish(files: Storage, manifest: Manifest) -> None:
    """Make `manifest` the catalog's state: when its file is there, the commit has happened.

    CatalogBusy if another writer has already published this sequence number.
    """
    name = f"{MANIFESTS}/{manifest.sequence:08d}.json"
    if not files.put_if_absent(name, json.dumps(_as_json(manifest), indent=1).encode()):
        raise CatalogBusy(
            f"{files.uri(name)} exists already: another writer is at work on {files.uri()}; stop it first"
        )


def prune(files: Storage) -> None:
    """Remove all but the last `KEEP` manifests."""
    files.delete(_names(files)[:-KEEP])


def _names(files: Storage) -> list[str]:
    return [entry.name for entry in files.list(MANIFESTS) if _NAME.fullmatch(entry.name)]


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "sequence": manifest.sequence,
        "version": manifest.version,
        "fingerprint": manifest.fingerprint,
        "recipe": manifest.recipe,
        "tables": {table: [_values(part, _TOLD) for part in parts] for table, parts in manifest.tables.items()},
        "notes": {part.file: _values(part, _NOTED) for parts in manifest.tables.values() for part in parts},
    }


def _values(part: Part, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(part, name) for name in names}


def _parse(uri: str, text: bytes) -> Manifest:
    try:
        found = json.loads(text)
        notes = found.get("notes", {})
        tables = {
            table: tuple(Part(**part, **notes.get(part["file"], {})) for part in parts)
            for table, parts in found["tables"].items()
        }
        return Manifest(found["sequence"], found["version"], found["fingerprint"], found["recipe"], tables)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogDamaged(f"{uri} is no manifest ({error}): restore it from a backup of the folder") from error
