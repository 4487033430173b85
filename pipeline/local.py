"""Remote sources as local files: downloaded once, kept while the same worker is on the same source."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pipeline.sources import local_copy


class LocalFiles:
    """The last source's local path; spans of one source mostly follow each other."""

    def __init__(self) -> None:
        self._uri: str | None = None
        self._path: str | None = None
        self._held: AbstractContextManager[str] | None = None

    def local(self, uri: str) -> str:
        """A local path with the bytes of `uri`: itself when it is local, else a copy that lives until the next call."""
        if uri != self._uri or self._path is None:
            self.close()
            held = local_copy(uri)
            self._path = str(held.__enter__())
            self._uri, self._held = uri, held
        return self._path

    def close(self) -> None:
        """Remove the copy."""
        if self._held is not None:
            self._held.__exit__(None, None, None)
        self._uri = self._path = self._held = None
