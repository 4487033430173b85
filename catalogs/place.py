"""Where a catalog lies, and the folders inside it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from catalogs.errors import BadPlace

WORK = "_work"
MANIFESTS = "_manifest"
LOCK = "_lock"


def locate(uri: str | os.PathLike[str]) -> Path:
    """The absolute folder of a catalog given as a path or a file:// URI.

    Any other scheme is a BadPlace: commits need a file system that renames and links atomically.
    """
    text = os.fspath(uri)
    if "://" not in text:
        return Path(text).expanduser().absolute()
    parts = urlsplit(text)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise BadPlace(
            f"a catalog cannot be written at {text}: publishing a commit needs a file system with atomic "
            f"rename and link. Give a local or mounted folder, and copy it there after the run."
        )
    return Path(unquote(parts.path))


def fsync(path: Path) -> None:
    """Make a file's bytes durable, or the renames, links and removals in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
