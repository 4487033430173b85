"""The manifest: the list of files that are the catalog, and the recipe they were made with.

`_manifest/00000012.json` is published by linking a finished, fsynced file to a name that must not exist
yet, so a manifest is whole or absent and no two writers can publish the same one. The newest is the truth.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogs.errors import CatalogBusy, CatalogDamaged, VersionMismatch
from catalogs.place import MANIFESTS, fsync
from catalogs.schema import OLDEST, VERSION

KEEP = 5
"""Manifests kept: a reader that has just listed the folder still finds the one it chose."""

_NAME = re.compile(r"\d{8}\.json")
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
class Manifest:
    """One state of the catalog. `tables` holds the parts of every table that has files."""

    sequence: int
    version: str
    fingerprint: str
    recipe: Mapping[str, Any]
    tables: Mapping[str, tuple[Part, ...]]

    def files(self) -> set[str]:
        """All files of this state, relative to the catalog's folder."""
        return {part.file for parts in self.tables.values() for part in parts}

    def parts(self, table: str) -> tuple[Part, ...]:
        """The parts of one table; none if it has no files."""
        return self.tables.get(table, ())


def newest(root: Path) -> Manifest | None:
    """The catalog's state now; None if there is none. CatalogDamaged if it cannot be read."""
    for _ in range(_ATTEMPTS):
        names = _names(root)
        if not names:
            return None
        path = root / MANIFESTS / names[-1]
        try:
            text = path.read_text()
        except FileNotFoundError:
            continue  # pruned since it was listed: so there is a newer one
        return _parse(path, text)
    raise CatalogBusy(f"{root}: {_ATTEMPTS} manifests in a row were replaced while reading; try again")


def check_version(root: Path, manifest: Manifest) -> None:
    """VersionMismatch unless this code can read the catalog's tables, and write them on."""
    theirs, ours, oldest = int(manifest.version), int(VERSION), int(OLDEST)
    if theirs > ours:
        raise VersionMismatch(
            f"{root} was written with schema version {theirs}, this code knows up to {ours}: update the code"
        )
    if theirs < oldest:
        raise VersionMismatch(
            f"{root} was written with schema version {theirs}, this code writes {ours} and has no migration: "
            f"read it with the code that wrote it, or extract again into another catalog folder"
        )


def publish(root: Path, manifest: Manifest) -> None:
    """Make `manifest` the catalog's state: when the link exists, the commit has happened.

    CatalogBusy if another writer has already published this sequence number.
    """
    folder = root / MANIFESTS
    final = folder / f"{manifest.sequence:08d}.json"
    temporary = folder / f".{manifest.sequence:08d}.{secrets.token_hex(4)}.tmp"
    with temporary.open("w") as file:
        json.dump(_as_json(manifest), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, final)
    except FileExistsError as error:
        raise CatalogBusy(f"{final} exists already: another writer is at work on {root}; stop it first") from error
    finally:
        os.unlink(temporary)
    fsync(folder)


def prune(root: Path) -> None:
    """Remove all but the last `KEEP` manifests."""
    for name in _names(root)[:-KEEP]:
        os.unlink(root / MANIFESTS / name)


def _names(root: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(root / MANIFESTS) if _NAME.fullmatch(name))
    except (FileNotFoundError, NotADirectoryError):
        return []


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


def _parse(path: Path, text: str) -> Manifest:
    try:
        found = json.loads(text)
        notes = found.get("notes", {})
        tables = {
            table: tuple(Part(**part, **notes.get(part["file"], {})) for part in parts)
            for table, parts in found["tables"].items()
        }
        return Manifest(found["sequence"], found["version"], found["fingerprint"], found["recipe"], tables)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogDamaged(f"{path} is no manifest ({error}): restore it from a backup of the folder") from error
