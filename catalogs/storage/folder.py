"""The six verbs on a folder of this machine."""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from catalogs.storage.addresses import local_path

_DRAFT = ".tmp"


@dataclass(frozen=True)
class Entry:
    """A file: its name in the storage, and how many bytes it has."""

    name: str
    bytes: int


class Draft:
    """A file in the making, from `Storage.put`: whole under its name once it is published, or never.

    path: where to write it on this machine, by whatever can write a file; of a folder's storage, in the same folder. As
    a context it gives that path, and publishes at its end; after an error it leaves nothing.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.parent / f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}{_DRAFT}"
        self._complete = False

    def complete(self) -> None:
        """The file is written: make it durable where it will stay, so that to publish it is one quick step."""
        _fsync(self.path)
        self._complete = True

    def publish(self) -> None:
        """Make the file visible under its name, in place of one that has it, durably; it is completed if need be."""
        if not self._complete:
            self.complete()
        os.replace(self.path, self._target)
        _fsync(self._target.parent)

    def discard(self) -> None:
        """Leave nothing of it."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.publish()
        except BaseException:
            self.discard()
            raise
        if error is not None:
            self.discard()


@dataclass(frozen=True)
class Storage:
    """The files below the folder `root`. Their names are relative to it, with / between folders.

    Folders come into being with the first file in them. Names that begin with a dot are not listed. `root` itself is
    for what a folder alone has: its lock, and whether it may become a catalog.
    """

    root: Path

    def open_input(self, name: str) -> pa.NativeFile:
        """A file to read, from anywhere in it; close it. FileNotFoundError: there is none."""
        return pa.OSFile(os.fspath(self.root / name))

    def put(self, name: str) -> Draft:
        """A draft of the file `name`. What another process is just reading under this name stays readable to it."""
        return Draft(self._placed(name))

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Write a file that must not be there yet, durably; False if it is. Of several processes one gets True."""
        draft = Draft(self._placed(name))
        try:
            draft.path.write_bytes(data)
            _fsync(draft.path)
            os.link(draft.path, self.root / name)
        except FileExistsError:
            return False
        finally:
            draft.discard()
        _fsync((self.root / name).parent)
        return True

    def list(self, folder: str) -> list[Entry]:
        """The files of a folder, by name; none if there is no such folder."""
        try:
            with os.scandir(self.root / folder) as found:
                files = [each for each in found if not each.name.startswith(".") and each.is_file()]
                return sorted((Entry(f"{folder}/{each.name}", each.stat().st_size) for each in files), key=_by_name)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def delete(self, names: Iterable[str]) -> None:
        """Remove those of the files that are there, in this order."""
        for name in names:
            (self.root / name).unlink(missing_ok=True)

    def uri(self, name: str = "") -> str:
        """The address of a file, or of the storage: here its absolute path. DuckDB reads it, and people."""
        return os.fspath(self.root / name)

    def discard_drafts(self, folder: str, name: str | None = None) -> None:
        """Remove the drafts that killed processes left in a folder; nobody may be putting files there now.

        name: of the file alone whose drafts are removed, None: of all.
        """
        of = "*" if name is None else f"{glob.escape(name)}.[0-9]*.{'?' * 8}"
        for path in (self.root / folder).glob(f".{of}{_DRAFT}"):
            path.unlink(missing_ok=True)

    def _placed(self, name: str) -> Path:
        """The path of a file to be written, in a folder that is there, durably."""
        path = self.root / name
        missing = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            _fsync(folder.parent)
        return path


def at(uri: str | os.PathLike[str]) -> Storage:
    """The storage of a folder, there or not, given as a path or a file: URI. BadPlace: this machine cannot reach it."""
    return Storage(local_path(uri))


def put(path: Path) -> Draft:
    """A draft of one file of this machine; its folder is made if need be."""
    whole = path.absolute()
    return Storage(whole.parent).put(whole.name)


def put_alone(path: Path) -> Draft:
    """As `put`, of a file that one process at a time writes: what killed ones left of it is removed first."""
    whole = path.absolute()
    files = Storage(whole.parent)
    files.discard_drafts("", whole.name)
    return files.put(whole.name)


def _by_name(entry: Entry) -> str:
    return entry.name


def _fsync(path: Path) -> None:
    """Make a file's bytes durable, or the renames, links and removals in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
