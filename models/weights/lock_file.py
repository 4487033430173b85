"""The lock file: which files of weights a project uses where the registry alone does not say it.

It is JSON with sorted keys, made to be committed: {"NAME": {"files": {"FILE": sha256}, "sha256": ..., "source": ...}}.
A name stands in it when its file is not the published one, or when no checksum is published for it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypedDict

from models.weights import store
from models.weights.store import Kept, WeightsMissing

FILE = "VASARI_WEIGHTS_LOCK"


class Locked(TypedDict):
    """An entry: sha256 of each file, one hash for them all (`weight_hashes.combined`), and where they came from."""

    files: dict[str, str]
    sha256: str
    source: str


def place() -> Path:
    """The lock file: VASARI_WEIGHTS_LOCK, else weights.lock in the working directory."""
    return Path(os.environ.get(FILE) or "weights.lock").expanduser().absolute()


def locked(name: str) -> Locked | None:
    """What is locked for `name`, or None. Raises WeightsMissing when the file is not a lock file."""
    return _read().get(name)


def write(kept: Kept) -> str:
    """Lock these files for their name. Says what changed; empty when they were locked already."""
    with store.locked():
        content = _read()
        before = content.get(kept.name)
        if before and before["sha256"] == kept.sha256:
            return ""
        hashes = {file: stamp.sha256 for file, stamp in kept.files.items()}
        content[kept.name] = {"files": hashes, "sha256": kept.sha256, "source": kept.source}
        _write(content)
    if before:
        return f"{place()}: {kept.name} was locked to sha256 {before['sha256']}, now to {kept.sha256}"
    return f"{place()}: {kept.name} is locked to sha256 {kept.sha256}; commit this file"


def remove(name: str) -> str:
    """Take `name` out of the lock file. Says so; empty when it was not in it."""
    with store.locked():
        content = _read()
        before = content.pop(name, None)
        if before is None:
            return ""
        _write(content)
    return f"{place()}: {name} was locked to sha256 {before['sha256']}, now to none: the published file is in use"


def _read() -> dict[str, Locked]:
    path = place()
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text())
        return {
            str(name): Locked(files=dict(entry["files"]), sha256=str(entry["sha256"]), source=str(entry["source"]))
            for name, entry in content.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsMissing(
            f"{path} is not a lock file of weights ({type(error).__name__}: {error}); repair it, or delete it and run: "
            "python jobs/weights.py fetch"
        ) from error


def _write(content: dict[str, Locked]) -> None:
    if content:
        store.write_text(place(), json.dumps(content, indent=2, sort_keys=True) + "\n")
    else:
        place().unlink()
