"""Where fetched and added weights are kept on this machine: FOLDER/NAME/SHA256/FILE, one of them in use.

FOLDER is VASARI_WEIGHTS, else the user's cache folder. A name may have several sets of files, each under its own hash;
FOLDER/NAME/in_use names the one that is loaded. FOLDER/NAME/SHA256.json says where a set came from and holds size and
date of each file when its hash was last checked, so that a file of 400 MB is not hashed at every start.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from models.weights.hashes import combined, sha256_of

FOLDER = "VASARI_WEIGHTS"
_ABANDONED = 24 * 3600.0
"""Seconds after which unchecked files are those of a process that was killed."""


class WeightsMissing(RuntimeError):
    """A weights file is absent or is not the file it should be: names the file, the cause and the next step."""


def folder() -> Path:
    """The folder of all weights: VASARI_WEIGHTS, else vasari/weights in the user's cache folder (XDG_CACHE_HOME)."""
    told = os.environ.get(FOLDER)
    if told:
        return Path(told).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if os.path.isabs(cache) else Path.home() / ".cache") / "vasari" / "weights"


@dataclass(frozen=True)
class Stamp:
    """A file whose hash was checked: sha256, and the size and date by which a change is noticed."""

    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Kept:
    """One set of files of the store, under its name and hash.

    source: where it came from. added: when. published: whether it agrees with all checksums on record.
    """

    name: str
    sha256: str
    source: str
    added: str
    published: bool
    files: dict[str, Stamp]

    @property
    def path(self) -> Path:
        """The file; the folder where there are several."""
        place = folder() / self.name / self.sha256
        return place / next(iter(self.files)) if len(self.files) == 1 else place

    def checked(self, thoroughly: bool = False) -> Path:
        """`path`, after its hash was checked; an untouched file (size, date) is not read again unless `thoroughly`.

        Raises WeightsMissing naming the file, both hashes and the next step.
        """
        again = f"run: python jobs/weights.py fetch {self.name}, or add it again"
        seen = {}
        for name, stamp in self.files.items():
            path = folder() / self.name / self.sha256 / name
            if not path.is_file():
                raise WeightsMissing(f"weights {self.name}: {path} is gone; {again}")
            status = path.stat()
            seen[name] = replace(stamp, size=status.st_size, mtime_ns=status.st_mtime_ns)
            if not thoroughly and seen[name] == stamp:
                continue
            found = sha256_of(path)
            if found != stamp.sha256:
                raise WeightsMissing(
                    f"weights {self.name}: {path} was changed: sha256 {found}, recorded {stamp.sha256}; {again}"
                )
        record = _record(self.name, self.sha256)
        if seen != self.files and os.access(record.parent, os.W_OK):
            _write_record(replace(self, files=seen))
        return self.path


def in_use(name: str) -> Kept | None:
    """The files that are loaded for `name`, or None."""
    place = folder() / name / "in_use"
    return kept_as(name, place.read_text().strip()) if place.is_file() else None


def kept_as(name: str, sha256: str) -> Kept | None:
    """The files kept for `name` under a hash, or None."""
    record = _record(name, sha256)
    if not record.is_file() or not (record.parent / sha256).is_dir():
        return None
    found = json.loads(record.read_text())
    files = {file: Stamp(**stamp) for file, stamp in found["files"].items()}
    return Kept(name, sha256, found["source"], found["added"], found["published"], files)


def all_kept(name: str) -> list[Kept]:
    """Everything kept for `name`, in the order of the hashes."""
    found = (kept_as(name, record.stem) for record in sorted((folder() / name).glob("*.json")))
    return [kept for kept in found if kept is not None]


@contextmanager
def staging() -> Iterator[Path]:
    """An empty folder on the store's own disk for files that are not checked yet; gone at the end."""
    folder().mkdir(parents=True, exist_ok=True)
    for old in folder().glob("_new-*"):
        if old.stat().st_mtime < time.time() - _ABANDONED:
            shutil.rmtree(old, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix="_new-", dir=folder()))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def put(name: str, staged: Path, hashes: Mapping[str, str], source: str, published: bool) -> Kept:
    """Keep the folder `staged`, files with these sha256, for `name`, and use it from now on.

    What was used before stays under its hash. source, published: as in `Kept`.
    """
    sha256 = combined(hashes)
    place = folder() / name / sha256
    with locked():
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            shutil.rmtree(place)
        for file in hashes:
            _sync(staged / file)
        staged.rename(place)
        stamps = {}
        for file, found in sorted(hashes.items()):
            status = (place / file).stat()
            stamps[file] = Stamp(found, status.st_size, status.st_mtime_ns)
        kept = Kept(name, sha256, source, datetime.now(UTC).isoformat(timespec="seconds"), published, stamps)
        _write_record(kept)
        write_text(place.parent / "in_use", sha256 + "\n")
    return kept


def use(kept: Kept) -> None:
    """Load these files for their name from now on."""
    with locked():
        write_text(folder() / kept.name / "in_use", kept.sha256 + "\n")


def locked() -> FileLock:
    """To be held for moments, by one process or thread at a time."""
    folder().mkdir(parents=True, exist_ok=True)
    return FileLock(folder() / "_lock", thread_local=False, fallback_to_soft=False)


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _record(name: str, sha256: str) -> Path:
    return folder() / name / f"{sha256}.json"


def _write_record(kept: Kept) -> None:
    content = {key: value for key, value in asdict(kept).items() if key not in ("name", "sha256")}
    write_text(_record(kept.name, kept.sha256), json.dumps(content, indent=2, sort_keys=True) + "\n")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
