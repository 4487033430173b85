"""Table frames as local files that are memory-mapped, in place of Parquet.

Each row group of each part becomes an Arrow file in the user's cache folder, named after the catalog, the part and the
group: what was copied stays when copying stops, and a run that adds clips adds files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from catalogs import parts, storage
from catalogs.manifest import Manifest, Part
from catalogs.schema import TABLES, form
from catalogs.storage import Storage

OnProgress = Callable[[int, int], None]
"""Hears how many of a part's row groups are copied; what it raises ends the copying, and what is copied stays."""


def mapped(files: Storage, state: Manifest, cache: Path, on_progress: OnProgress) -> pa.Table:
    """The rows of table frames, memory-mapped from the folder `cache`; copied there first where they are not.

    Of the catalog's recipe, and of files that do not say which. FileNotFoundError: a file of the catalog, or a copy of
    one, was removed meanwhile, as a newer commit replaces it.
    """
    held = state.own_parts("frames")
    own, columns = _hash(files.uri()), form(TABLES["frames"])
    stems = [cache / f"{own}-{_hash(part.file, columns)}" for part in held]
    copied = [path for part, stem in zip(held, stems, strict=True) for path in _copied(files, part, stem, on_progress)]
    for old in set(cache.glob(f"{own}-*.arrow")) - set(copied):
        old.unlink(missing_ok=True)
    tables = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in copied]
    return pa.concat_tables([TABLES["frames"].empty_table(), *tables])


def _copied(files: Storage, part: Part, stem: Path, on_progress: OnProgress) -> list[Path]:
    """The files of a part's row groups, STEM-GROUP-COUNT.arrow; those that are not there are made."""
    known = next(stem.parent.glob(f"{stem.name}-*.arrow"), None)
    count = parts.count_groups(files, part) if known is None else int(known.stem.rpartition("-")[2])
    paths = [stem.with_name(f"{stem.name}-{group}-{count}.arrow") for group in range(count)]
    missing = [group for group, path in enumerate(paths) if not path.exists()]
    if not missing:
        return paths
    for group, rows in zip(missing, parts.groups(files, TABLES["frames"], part, missing), strict=True):
        with storage.put(paths[group]) as draft, pa.ipc.new_file(os.fspath(draft), rows.schema) as file:
            file.write_table(rows)
        on_progress(group + 1, count)
    return paths


def default_cache() -> Path:
    """vasari/frames in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if os.path.isabs(home) else Path.home() / ".cache") / "vasari" / "frames"


def _hash(*texts: str) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
