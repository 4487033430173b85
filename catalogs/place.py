"""Where a catalog lies, what is in its folder, and whether a folder may become one."""

from __future__ import annotations

import os
import re
from pathlib import Path

from catalogs import storage
from catalogs.errors import BadPlace
from catalogs.schema import TABLES
from catalogs.storage import Storage

WORK = "_work"
"""Spans that are staged and not committed yet."""

MANIFESTS = "_manifest"
LOCK = "_lock"

PART_NAME = re.compile(r"part-(\d{8})-[0-9a-f]{8}(-\d+)?\.parquet")
"""Of the files in the folder of each table; the first digits are the commit's number."""

_OWN = frozenset({*TABLES, WORK, MANIFESTS, LOCK})


def locate(uri: str | os.PathLike[str]) -> Storage:
    """The files of a catalog given as a path or a file: URI, there or not. BadPlace: as `storage.at`."""
    try:
        return storage.at(uri)
    except BadPlace as error:
        raise BadPlace(f"{error} (a catalog's commits need a file system with atomic rename and link)") from error


def check_ground(root: Path) -> None:
    """BadPlace unless `root` is a catalog, an empty folder, or not there yet in a folder that may be made.

    Hidden files do not count, and a folder with the beginnings of a catalog, whose first run was killed, is one.
    """
    for above in (root, *root.parents):
        if above.is_dir():
            break
        if above.exists() or above.is_symlink():
            what = "is a file" if above.is_file() else "is a link to nothing" if above.is_symlink() else "is no folder"
            raise BadPlace(
                f"the catalog cannot be {root}: {above} {what}; give a folder, which is made if it is not there"
            )
    if not root.is_dir() or (root / MANIFESTS).is_dir():
        return
    other = sorted(path.name for path in root.iterdir() if not path.name.startswith(".") and not _is_own(path))
    if other:
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        raise BadPlace(
            f"the catalog cannot be {root}: that folder is no catalog and holds other things ({other[0]}{more}); give "
            f"a folder that is empty or not there yet, for example {root / 'catalog'}"
        )


def _is_own(path: Path) -> bool:
    """Whether this package makes what lies at `path`: a table's folder holds its parts alone."""
    if path.name not in TABLES:
        return path.name in _OWN
    if not path.is_dir():
        return False
    visible = (entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    return all(PART_NAME.fullmatch(name) for name in visible)
