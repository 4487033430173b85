"""A source's bytes: what a child process is asked for, since a server or a disk may never answer."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fsspec.callbacks import Callback

from pipeline.listing.faults import Fault, SourceFault, fault_of
from pipeline.listing.uris import copy_to, local_path

_CHUNK = 1 << 20
_EVERY = 0.5

OnProgress = Callable[[int], Any]
"""Told how many more bytes have come."""


def fetched(uri: str, copy: str | None, hashed: bool, ask: OnProgress | None = None) -> dict[str, Any]:
    """Copies the file to `copy`, if given, and reads it all, if `hashed`; what goes wrong is part of the answer.

    The answer: {"content": hash or None, "bytes": its size}, or {"fault": the fields of a Fault}. ask: told about every
    half a second how many bytes have come.
    """
    on_progress = _Steps(ask)
    try:
        if copy is not None:
            copy_to(uri, copy, on_progress)
            on_progress.end()
            on_progress = _Steps(None)
        path = copy or local_path(uri)
        if os.path.isdir(path):
            os.listdir(path)
        return {"content": _hash(path, on_progress) if hashed else None, "bytes": os.path.getsize(path)}
    except Exception as error:
        return {"fault": asdict(fault_of(error, uri))}
    finally:
        on_progress.end()


def raised(uri: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of `fetched`; SourceFault if it is one."""
    if "fault" in answer:
        raise SourceFault(uri, Fault(**answer["fault"]))
    return answer


def _hash(path: str, on_progress: Callback) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            on_progress.relative_update(len(chunk))
    return digest.hexdigest()


class _Steps(Callback):
    """Passes on what has come, now and then."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        super().__init__()
        self._on_progress, self._new, self._last = on_progress, 0, time.monotonic()

    def relative_update(self, inc: int = 1) -> None:
        self._new += inc
        if time.monotonic() - self._last > _EVERY:
            self.end()

    def end(self) -> None:
        """Pass on what has come since."""
        if self._on_progress is not None and self._new:
            self._on_progress(self._new)
        self._new, self._last = 0, time.monotonic()
