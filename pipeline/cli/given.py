"""A file that a job was given, local or remote."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.errors import UsageError
from pipeline.listing.uris import canonical, is_local, local_copy


@dataclass(frozen=True)
class Given:
    """uri: as canonical. path: where its bytes are on this machine."""

    uri: str
    path: str

    @classmethod
    def of(cls, text: str, stack: ExitStack) -> Given:
        """The file of a path or URI; a remote one's copy lives as long as `stack`. Raises InputError, OSError."""
        uri = canonical(text)
        return cls(uri, stack.enter_context(local_copy(uri)))

    @property
    def name(self) -> str:
        """The file's, without folders."""
        return posixpath.basename(self.uri if is_local(self.uri) else urlsplit(self.uri.partition("::")[0]).path)

    @contextmanager
    def named(self) -> Iterator[None]:
        """A UsageError inside names the file as it was given, not its copy."""
        try:
            yield
        except UsageError as error:
            raise UsageError(str(error).replace(self.path, self.uri)) from error
