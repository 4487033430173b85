"""Taking files into the store: nothing is kept before it is known to be what it should be."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from models.runtime.checkpoint import WrongWeights
from models.weights import checks, lock_file
from models.weights import store as weight_store
from models.weights.entry import Weights
from models.weights.hashes import combined, digest
from models.weights.origins import COMMAND
from models.weights.store import Kept, WeightsMissing


@dataclass(frozen=True)
class Intake:
    """Files that are now in use, and what there is to say about it, a sentence each."""

    kept: Kept
    said: tuple[str, ...]


def add(entry: Weights, source: Path) -> Intake:
    """Take a file (a folder, where the entry is several files) from this machine. It is copied.

    Another file than the published one is taken when its names and shapes are right, and locked by its own hash.
    Raises WeightsMissing when it is not there or is not of the right format: says what differs.
    """
    if entry.origin.not_to_be_added:
        raise WeightsMissing(f"weights {entry.name}: {entry.origin.not_to_be_added}")
    with weight_store.staging() as place:
        staged = place / "files"
        staged.mkdir()
        for name, path in _paths(entry, source).items():
            if is_web_page(path):
                raise WeightsMissing(
                    f"weights {entry.name}: {path} is a web page, not {name}: the download wanted a click or a login; "
                    f"get the file itself from {entry.source} , then run: {COMMAND} add {entry.name} FILE"
                )
            shutil.copyfile(path, staged / name)
        return take(entry, staged, str(source.absolute()))


def take(entry: Weights, staged: Path, source: str) -> Intake:
    """Check the files in the folder `staged`, keep them, use them, and bring the lock file up to date.

    source: where they are from, for people. Raises WeightsMissing when they are not of the right format.
    """
    checkable = staged / entry.files[0].name if len(entry.files) == 1 else staged
    try:
        checks.check(entry.name, checkable)
    except WrongWeights as error:
        text = str(error).replace(str(checkable), source)
        raise WeightsMissing(f"weights {entry.name}: not taken: {text}") from error
    found = {file.name: digest(staged / file.name) for file in entry.files}
    differences = [difference for file in entry.files if (difference := file.differs(found[file.name]))]
    before = weight_store.in_use(entry.name)
    hashes = {name: each.sha256 for name, each in found.items()}
    kept = weight_store.put(entry.name, staged, hashes, source, published=entry.known and not differences)
    said = [f"{entry.name}: {kept.path}, sha256 {combined(hashes)}"]
    if kept.published:
        said.append("the published file")
    elif entry.known:
        said += ["not the published file: recorded by its own hash", *differences]
    else:
        said.append("no checksum is published for it: recorded by its own hash")
    said.append(_lock(kept))
    if before and before.sha256 != kept.sha256:
        said.append(f"it replaces sha256 {before.sha256}, which stays at {before.path}")
    return Intake(kept, tuple(filter(None, said)))


def back(kept: Kept) -> Intake:
    """Use files of the store that are there already. Raises WeightsMissing when they were changed."""
    path = kept.checked(thoroughly=True)
    weight_store.use(kept)
    said = (f"{kept.name}: {path}, sha256 {kept.sha256}: was here already", _lock(kept))
    return Intake(kept, tuple(filter(None, said)))


def is_web_page(path: Path) -> bool:
    """Whether a file is what a browser or a server gives in place of a file that wants a click or a login."""
    with path.open("rb") as file:
        return file.read(200).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _lock(kept: Kept) -> str:
    """The registry pins published files; all others stand in the lock file."""
    return lock_file.remove(kept.name) if kept.published else lock_file.write(kept)


def _paths(entry: Weights, source: Path) -> dict[str, Path]:
    """The files to take, by their published names. A single file may have any name, those of a folder may not."""
    if len(entry.files) == 1 and not source.is_dir():
        found = {entry.files[0].name: source}
    else:
        found = {file.name: source / file.name for file in entry.files}
    for path in found.values():
        if not path.is_file():
            what = f"a folder with {entry.file}" if len(entry.files) > 1 else f"the file {entry.file}"
            raise WeightsMissing(f"weights {entry.name}: there is no file {path}; give {what}")
    return found
