"""Addresses of this machine: paths and file: URIs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from catalogs.errors import BadPlace

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?=/)|(file):", re.IGNORECASE)
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def local_path(uri: str | os.PathLike[str]) -> Path:
    """The absolute path that a path or a file: URI of this machine names (file:/a, file:///a, file://localhost/a).

    Percent signs are code in a URI, and letters in a path. BadPlace: it names another machine, a store, a Windows
    drive or nothing; says what to give.
    """
    text = os.fspath(uri)
    if not text.strip() or "\0" in text:
        raise BadPlace(f"{text!r} names no place: give a path")
    if _WINDOWS.match(text):
        raise BadPlace(f"{text} is a Windows path: give a path as this machine has them, such as /data/out")
    scheme = _SCHEME.match(text)
    if scheme is None and ("://" not in text or text.startswith(("/", ".", "~"))):
        return Path(os.path.expanduser(text)).absolute()
    if scheme is None or (scheme[1] or scheme[2]).lower() != "file":
        kind = text.partition("://" if "://" in text else ":")[0]
        raise BadPlace(
            f"{text} is no path of this machine: give one in a local or mounted folder, and copy from or to {kind}: "
            "with that store's own tools"
        )
    return _of_file_uri(text)


def _of_file_uri(text: str) -> Path:
    parts = urlsplit(text)
    path = unquote_to_bytes(parts.path)
    if parts.netloc not in ("", "localhost"):
        raise BadPlace(
            f"{text} names the machine {parts.netloc}: a file of this one is file:///PATH, or its path alone"
        )
    if parts.query or parts.fragment:
        raise BadPlace(f"{text}: write ? as %3F and # as %23 in a file: URI, or give the path alone")
    if not path.startswith(b"/") or b"\0" in path or _WINDOWS.match(os.fsdecode(path).lstrip("/")):
        raise BadPlace(f"{text} names no file of this machine: give file:///PATH, or the path alone")
    return Path(os.fsdecode(path))
