"""Tables as local files that are memory-mapped, in place of Parquet.

Each row group of each part becomes an Arrow file in the user's cache folder, named after the catalog, the part and the
group: what was copied stays when copying stops, and a run that adds clips adds files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from catalogs import parts, storage
from catalogs.manifest import Manifest, Part
from catalogs.schema import TABLES, form
from catalogs.storage import Storage

OnProgress = Callable[[int, int], None]
"""Hears how many of a part's row groups are copied; what it raises ends the copying, and what is copied stays."""


def unheard(copied: int, known: int) -> None:
    """Progress that nobody follows."""


def _unchanged(rows: pa.Table) -> pa.Table:
    return rows


@dataclass(frozen=True)
class Copied:
    """What is copied: `columns` of a table; `made` makes the rows of a file of those of a row group.

    prefix: of the files' names, which tells them from those of another table in the same folder.
    """

    table: str
    columns: pa.Schema
    prefix: str = ""
    made: Callable[[pa.Table], pa.Table] = _unchanged


def mapped(files: Storage, state: Manifest, cache: Path, on_progress: OnProgress) -> pa.Table:
    """The rows of table frames, memory-mapped from the folder `cache`; errors as `copied`."""
    what = Copied("frames", TABLES["frames"])
    tables = [opened(path) for path in copied(files, state, what, cache, on_progress)]
    return pa.concat_tables([what.columns.empty_table(), *tables])


def opened(path: str | os.PathLike[str]) -> pa.Table:
    """A file of a copy, memory-mapped. FileNotFoundError: it was removed, as who reads a newer commit does."""
    return pa.ipc.open_file(pa.memory_map(os.fspath(path))).read_all()


def copied(files: Storage, state: Manifest, what: Copied, cache: Path, on_progress: OnProgress) -> Sequence[Path]:
    """The files in the folder `cache` that hold a table's rows; those that are not there yet are made.

    Of the catalog's recipe, and of files that do not say which. FileNotFoundError: a file of the catalog, or a copy of
    one, was removed meanwhile, as a newer commit replaces it.
    """
    held = state.own_parts(what.table)
    own, columns = what.prefix + _hash(files.uri()), form(what.made(what.columns.empty_table()).schema)
    stems = [cache / f"{own}-{_hash(part.file, columns)}" for part in held]
    paths = [
        path for part, stem in zip(held, stems, strict=True) for path in _of_part(files, part, what, stem, on_progress)
    ]
    for old in set(cache.glob(f"{own}-*.arrow")) - set(paths):
        old.unlink(missing_ok=True)
    return paths


def _of_part(files: Storage, part: Part, what: Copied, stem: Path, on_progress: OnProgress) -> list[Path]:
    """The files of a part's row groups, STEM-GROUP-COUNT.arrow; those that are not there are made."""
    known = next(stem.parent.glob(f"{stem.name}-*.arrow"), None)
    count = parts.count_groups(files, part) if known is None else int(known.stem.rpartition("-")[2])
    paths = [stem.with_name(f"{stem.name}-{group}-{count}.arrow") for group in range(count)]
    missing = [group for group, path in enumerate(paths) if not path.exists()]
    if not missing:
        return paths
    for group, rows in zip(missing, parts.groups(files, what.columns, part, missing), strict=True):
        made = what.made(rows)
        with storage.put(paths[group]) as draft, pa.ipc.new_file(os.fspath(draft), made.schema) as file:
            file.write_table(made)
        on_progress(group + 1, count)
    return paths


def default_cache(table: str = "frames") -> Path:
    """vasari/TABLE in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if os.path.isabs(home) else Path.home() / ".cache") / "vasari" / table


def _hash(*texts: str) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
