"""One writer at a time: an flock on `_lock`, which the system drops however its process ends."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from pathlib import Path

from catalogs.errors import CatalogBusy
from catalogs.place import LOCK


class WriterLock:
    """Held from construction until `release`. CatalogBusy names the process that holds it."""

    def __init__(self, root: Path) -> None:
        self._handle: int | None = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(self._handle)
            self.release()
            raise CatalogBusy(f"{root} is being written to by {holder}: wait for it to end, or stop it") from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)

    @property
    def held(self) -> bool:
        """Whether this process still holds the lock."""
        return self._handle is not None

    def release(self) -> None:
        """Let others write. The file stays: removing it would let two processes lock two files."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _holder(handle: int) -> str:
    text = os.pread(handle, 1000, 0)
    try:
        found = json.loads(text)
        return f"process {found['pid']} on {found['host']}"
    except ValueError:
        return "a process that has only just taken the lock"
