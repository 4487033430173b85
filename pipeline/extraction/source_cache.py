"""Sources as local files: fetched by a child process, which may hang; kept while a worker is on the same source."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.extraction.fetching import OnProgress, raised
from pipeline.listing.faults import SourceFault, fault_of
from pipeline.listing.reach import Patience, Reach
from pipeline.listing.uris import copy_name, is_local, local_path


class Caller(Protocol):
    """What calls functions by name in another process, as pipeline.child.Child does."""

    def call(self, name: str, *arguments: Any, seconds: float, asked: Any = None) -> Any: ...


@dataclass(frozen=True)
class Content:
    """Hash of a file's bytes, and how many there are."""

    content: str
    bytes: int


class SourceCache:
    """The last source's local path; spans of one source mostly follow each other.

    A local file is its own path. A remote one is downloaded by `child`, with patience, within `seconds`; a local one
    whose path is no UTF-8 gets a link, since not every library opens such a path. Copy and link live until the next
    source. Errors are SourceFault.
    """

    def __init__(self, child: Caller, seconds: float, patience: Patience | None = None) -> None:
        self._child = child
        self._reach = Reach(seconds, patience or Patience())
        self._uri: str | None = None
        self._path: str | None = None
        self._held: tempfile.TemporaryDirectory[str] | None = None

    def local(self, uri: str) -> str:
        """A local path with the bytes of `uri`."""
        if uri != self._uri or self._path is None:
            self._open(uri, hashed=False, on_progress=None)
        assert self._path is not None
        return self._path

    def read(self, uri: str, on_progress: OnProgress | None = None) -> Content:
        """Hash and size of the bytes of `uri`, read once, and its local path kept. on_progress: see fetching.py."""
        answer = self._open(uri, hashed=True, on_progress=on_progress)
        return Content(answer["content"], answer["bytes"])

    def close(self) -> None:
        """Remove the copy."""
        if self._held is not None:
            self._held.cleanup()
        self._uri = self._path = self._held = None

    def _open(self, uri: str, hashed: bool, on_progress: OnProgress | None) -> dict[str, Any]:
        self.close()
        path, answer = uri, dict[str, Any]()
        try:
            if not os.path.isabs(uri):
                self._held = tempfile.TemporaryDirectory(prefix="vasari-", ignore_cleanup_errors=True)
                path = os.path.join(self._held.name, copy_name(uri))
                if is_local(uri):
                    os.symlink(local_path(uri), path)
            copy = None if is_local(uri) else path
            if hashed or copy is not None:
                answer = self._reach(uri, lambda seconds: self._fetched(uri, copy, hashed, on_progress, seconds))
        except SourceFault:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise SourceFault(uri, fault_of(error, uri)) from error
        self._uri, self._path = uri, path
        return answer

    def _fetched(
        self, uri: str, copy: str | None, hashed: bool, on_progress: OnProgress | None, seconds: float
    ) -> dict[str, Any]:
        arguments = ("pipeline.extraction.fetching:fetched", uri, copy, hashed)
        return raised(uri, self._child.call(*arguments, seconds=seconds, asked=on_progress))
