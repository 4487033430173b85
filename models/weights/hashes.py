"""What identifies weights: the hashes of a file, and one hash for a set of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Digest:
    """A file's sha256, Git's blob id (sha1 of "blob SIZE", a zero byte and the content) and size in bytes."""

    sha256: str
    git_blob: str
    size: int


def digest(path: Path) -> Digest:
    """Read a file once for both hashes."""
    size = path.stat().st_size
    sha256, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
            blob.update(block)
    return Digest(sha256.hexdigest(), blob.hexdigest(), size)


def sha256_of(path: Path) -> str:
    """The sha256 of a file alone."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def combined(hashes: Mapping[str, str]) -> str:
    """One hash for files by name: that of a single one itself, else that of the lines `sha256sum` would print."""
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()
