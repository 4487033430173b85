"""A training's folder is written by one training at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogs.storage.lock import Locked, ProcessLock
from pipeline.errors import RunError

LOCK = "_lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Meanwhile no other process trains in `folder`, which is made if need be. RunError: one does already."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = ProcessLock(folder / LOCK)
    except Locked as error:
        raise RunError(
            f"{folder} is being trained in by {error.holder}: wait for it to end, stop it, or give another folder"
        ) from None
    with lock:
        yield
