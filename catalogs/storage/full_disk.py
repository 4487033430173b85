"""A full disk, in words: what is full, what is kept, and what to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogs.errors import NoSpace

_FULL = {errno.ENOSPC: "is full", errno.EDQUOT: "has no space left for this user (a quota)"}


@contextmanager
def named_when_full(folder: str | os.PathLike[str]) -> Iterator[None]:
    """NoSpace, which names `folder` and its file system, in place of the error of a disk that is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        place = Path(folder)
        mount = next((path for path in (place, *place.parents) if path.is_mount()), place)
        usage = shutil.disk_usage(mount)
        raise NoSpace(
            f"{folder} cannot be written to: the file system at {mount} {_FULL[error.errno]}, {_size(usage.free)} of "
            f"{_size(usage.total)} are free. What is committed is kept: free some space and run the same command again"
        ) from error


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
