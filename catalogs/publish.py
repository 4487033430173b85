"""From one manifest to the next, and back to a clean folder after a kill.

A change is written whole under temporary names first. Then, in this order: the new parts get their names
(latents, previews, frames, metrics, runs, clips last), the manifest is linked (the commit), replaced parts
are removed. Readers of the manifest see the state before the link or the state after it.

A bare glob such as `read_parquet('CATALOG/clips/**/*.parquet')` does not know the manifest. It differs from
the view only between the first rename and the last removal, a few system calls for each commit: new rows may
be there an instant early, and where parts are replaced (a span decided again, a compaction) their rows may
stand twice or a listed file may be gone. A process killed inside that interval leaves it open until the next
`Writer.open`, which removes what the manifest does not name. When no run is in progress and the last one
was not killed, glob and view are equal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalogs import manifest as manifests
from catalogs.errors import CatalogDamaged
from catalogs.manifest import Manifest, Part
from catalogs.parts import PART_NAME, TEMPORARY, Draft
from catalogs.place import MANIFESTS, WORK, fsync
from catalogs.schema import TABLES, VERSION

ORDER = ("latents", "previews", "frames", "metrics", "runs", "clips")
"""The order in which parts get their names: a clip's row appears after all that belongs to it."""


def publish(
    root: Path,
    old: Manifest,
    drafts: Sequence[Draft],
    removed: Iterable[str] = (),
    recipe: tuple[str, Mapping[str, Any]] | None = None,
) -> Manifest:
    """Publish `old` without the files `removed`, with the drafts, and with a new (fingerprint, recipe)."""
    gone = set(removed)
    new = next_manifest(old, drafts, gone)
    if recipe is not None:
        new = replace(new, fingerprint=recipe[0], recipe=recipe[1])
    for table in ORDER:
        for item in (item for item in drafts if item.table == table):
            os.replace(item.temporary, root / item.part.file)
    for table in sorted({item.table for item in drafts}):
        fsync(root / table)
    fsync(root)
    manifests.publish(root, new)
    for file in sorted(gone, key=lambda file: ORDER.index(file.split("/")[0]), reverse=True):
        os.unlink(root / file)
    manifests.prune(root)
    return new


def next_manifest(old: Manifest, drafts: Sequence[Draft], removed: set[str]) -> Manifest:
    """The manifest after `old`: its parts without those removed, and the drafts at the end."""
    tables: dict[str, tuple[Part, ...]] = {}
    for table in TABLES:
        kept = [part for part in old.parts(table) if part.file not in removed]
        parts = (*kept, *(item.part for item in drafts if item.table == table))
        if parts:
            tables[table] = parts
    return replace(old, sequence=old.sequence + 1, version=VERSION, tables=tables)


def sweep(root: Path, manifest: Manifest | None) -> None:
    """Remove what a killed or failed writer left: parts the manifest does not name, and temporary files of both.

    Only files with names this package makes are touched, and none in `_work`: workers may be writing there. Without a
    manifest, parts of later commits than the first are no leftovers: CatalogDamaged, because removing them would remove
    the catalog.
    """
    named = manifest.files() if manifest else set()
    strays = [path for table in TABLES for path in _strays(root / table) if f"{table}/{path.name}" not in named]
    if manifest is None:
        _refuse_lost_manifest(root, strays)
    for path in strays:
        os.unlink(path)
    _remove_temporary(root / MANIFESTS)


def sweep_work(root: Path) -> None:
    """Remove what killed workers left half written. Only for a writer that has no workers yet."""
    _remove_temporary(root / WORK)


def _remove_temporary(folder: Path) -> None:
    for path in folder.glob(f".*{TEMPORARY}"):
        path.unlink(missing_ok=True)


def _strays(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if PART_NAME.fullmatch(path.name) or (path.name.startswith(".part-") and path.name.endswith(TEMPORARY))
    ]


def _refuse_lost_manifest(root: Path, strays: Sequence[Path]) -> None:
    for path in strays:
        match = PART_NAME.fullmatch(path.name)
        if match and int(match[1]) > 1:
            raise CatalogDamaged(
                f"{root} holds {path.relative_to(root)} but no manifest in {MANIFESTS}/: "
                f"restore that folder, or choose another folder for a new catalog"
            )
