"""Fetching entries of the registry: download, check, keep. A file that is not the expected one is never kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from filelock import FileLock, Timeout

from models.weights import lock_file
from models.weights import store as weight_store
from models.weights.download import FetchFailed, OnProgress, Patience, Stopped, Wanted, download, forget
from models.weights.entry import Weights
from models.weights.hashes import digest
from models.weights.intake import Intake, back, is_web_page, take
from models.weights.origins import COMMAND, File
from models.weights.store import WeightsMissing

MIRROR = "VASARI_WEIGHTS_MIRROR"


def mirror() -> str:
    """Where files are fetched from in place of their publishers, as MIRROR/NAME/FILE; empty: none is set."""
    return os.environ.get(MIRROR, "").rstrip("/")


def fetchable(entry: Weights) -> bool:
    """Whether a program can get it: it is a file, and lies at a URL or a mirror is set."""
    return bool(entry.files) and (bool(mirror()) or entry.origin.by_program)


def groups(entries: Sequence[Weights]) -> list[list[Weights]]:
    """The entries in parts that can be fetched at the same time: members of one archive belong together."""
    found: dict[str, list[Weights]] = {}
    for entry in entries:
        found.setdefault(_group(entry), []).append(entry)
    return list(found.values())


@dataclass(frozen=True)
class Fetcher:
    """Fetches entries of the registry.

    on_progress hears the progress; `stop`, once set, ends every download soon, and what has come is kept.
    """

    on_progress: OnProgress
    patience: Patience = Patience()
    stop: Event = field(default_factory=Event)

    def fetch(self, entries: Sequence[Weights]) -> Iterator[Intake]:
        """Fetch the entries of one group, each as it is done. One that is here already is only checked.

        Raises WeightsMissing naming the file, the cause and the next step; Stopped when `stop` is set.
        """
        with self._alone(entries[0]):
            for entry in entries:
                yield self._here(entry) or self._get(entry)
            for url in {file.url for entry in entries for file in entry.files if file.member and file.url}:
                forget(_part(url))

    def _here(self, entry: Weights) -> Intake | None:
        """The files that the lock, else the registry asks for, if the store has them unchanged."""
        lock = lock_file.locked(entry.name)
        wanted = lock["sha256"] if lock else entry.origin.sha256
        kept = weight_store.kept_as(entry.name, wanted) if wanted else weight_store.in_use(entry.name)
        if kept is None:
            return None
        try:
            return back(kept)
        except WeightsMissing as error:
            self._on_progress(entry)(entry.file, 0, entry.size, f"{error}; fetching it again")
            return None

    def _get(self, entry: Weights) -> Intake:
        if not fetchable(entry):
            raise FetchFailed(f"weights {entry.name}: cannot be fetched by a program; {entry.how}")
        lock = lock_file.locked(entry.name)
        if lock and entry.origin.sha256 not in (None, lock["sha256"]) and not mirror():
            raise FetchFailed(
                f"weights {entry.name}: {lock_file.place()} asks for sha256 {lock['sha256']}, published is "
                f"{entry.origin.sha256}; bring the locked file and run: {COMMAND} add {entry.name} FILE; or take "
                f"{entry.name} out of the lock file to use the published one"
            )
        with weight_store.staging() as place:
            staged = place / "files"
            staged.mkdir()
            for file in entry.files:
                # a mirror serves what is locked; sizes and Git ids on record are those of the published file
                expected = (
                    replace(file, sha256=lock["files"].get(file.name), size=None, git_blob=None) if lock else file
                )
                self._file(entry, expected, staged / file.name)
            self._on_progress(entry)(entry.file, entry.size or 0, entry.size, "checking")
            return take(entry, staged, _url(entry, entry.files[0]))

    def _file(self, entry: Weights, file: File, target: Path) -> None:
        """One file, checked, at `target`."""
        url, zipped = _url(entry, file), bool(file.member) and not mirror()
        part = _part(url)
        part.parent.mkdir(parents=True, exist_ok=True)
        wanted = Wanted(url, url.rsplit("/", 1)[-1] if zipped else file.name, None if zipped else file.size)
        while True:
            resumed = download(wanted, part, self._on_progress(entry), self.patience, self.stop)
            wrong = _extract(part, file, target) if zipped else ""
            found = target if zipped else part
            if not wrong and is_web_page(found):
                wrong = f"{file.name} is a web page"
            wrong = wrong or file.differs(digest(found))
            if not wrong:
                break
            forget(part)
            if not resumed:
                raise FetchFailed(_refusal(entry, url, wrong))
            self._on_progress(entry)(wanted.name, 0, wanted.size, "the parts do not fit together; starting again")
        if not zipped:
            os.replace(part, target)
            forget(part)

    def _on_progress(self, entry: Weights) -> OnProgress:
        """Progress of one entry's files, which may have the same names as another's."""

        def on_progress(file: str, done: int, total: int | None, note: str = "") -> None:
            self.on_progress(f"{entry.name}: {file}", done, total, note)

        return on_progress

    @contextmanager
    def _alone(self, entry: Weights) -> Iterator[None]:
        """No other process fetches the same files meanwhile: it would write into the same parts."""
        place = weight_store.folder() / "_parts"
        place.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place / f"{_short(_group(entry))}.lock", 0, thread_local=False, fallback_to_soft=False)
        while not lock.is_locked:
            try:
                lock.acquire()
            except Timeout:
                self._on_progress(entry)(entry.file, 0, entry.size, "another process is fetching it; waiting")
                if self.stop.wait(0.5):
                    raise Stopped from None
        try:
            yield
        finally:
            lock.release()


def _group(entry: Weights) -> str:
    file = entry.files[0]
    return file.url if file.member and file.url and not mirror() else entry.name


def _url(entry: Weights, file: File) -> str:
    return f"{mirror()}/{entry.name}/{file.name}" if mirror() else file.url or ""


def _part(url: str) -> Path:
    return weight_store.folder() / "_parts" / f"{_short(url)}-{url.rsplit('/', 1)[-1]}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _extract(archive: Path, file: File, target: Path) -> str:
    """Copy the file's member out of a zip; says what is wrong, or nothing."""
    try:
        with zipfile.ZipFile(archive) as content, content.open(file.member or "") as member, target.open("wb") as out:
            shutil.copyfileobj(member, out)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
        return f"no {file.member} can be taken out of it ({error})"
    return ""


def _refusal(entry: Weights, url: str, wrong: str) -> str:
    name = entry.name
    if lock_file.locked(name):
        return (
            f"weights {name}: {url} gave another file than {lock_file.place()} asks for: {wrong}; nothing was kept. "
            f"If the change is right, take {name} out of the lock file and run: {COMMAND} fetch {name}"
        )
    return (
        f"weights {name}: {url} gave another file than the published one: {wrong}; nothing was kept. Run it again; if "
        f"it stays so, get the file from {entry.source} and run: {COMMAND} add {name} FILE"
    )
