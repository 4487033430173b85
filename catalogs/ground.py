"""Whether a folder may become a catalog, asked before anything is made in it."""

from __future__ import annotations

from pathlib import Path

from catalogs.errors import BadPlace
from catalogs.parts import PART_NAME
from catalogs.place import LOCK, MANIFESTS, WORK
from catalogs.schema import TABLES

_OWN = frozenset({*TABLES, WORK, MANIFESTS, LOCK})


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
