"""One process at a time: a lock on a file, which the system drops however its process ends."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout


class Locked(Exception):
    """Another process has the lock. holder: which, in words."""

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(f"{path} is held by {holder}")
        self.holder = holder


class ProcessLock:
    """Held from construction until `release`, or to the end of a `with`. Raises Locked.

    path: a file that is made for this, in a folder that is there. It names the process that has the lock, and stays:
    removing it would let two processes lock two files. A lock of flock, which NFS has too; never a file whose mere
    presence locks, which a killed process would leave.
    """

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path, blocking=False, thread_local=False, fallback_to_soft=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise Locked(path, _holder(path)) from None
        path.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))

    @property
    def held(self) -> bool:
        """Whether this process still holds the lock."""
        return self._lock.is_locked

    def release(self) -> None:
        """Let others go on."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _holder(path: Path) -> str:
    try:
        found = json.loads(path.read_text())
        return f"process {found['pid']} on {found['host']}"
    except ValueError:
        return "a process that has only just taken the lock"
