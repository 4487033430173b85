"""What the registry says of one set of weights, and where its file is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.weights.origins import File, Origin, Trained


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
    origin: Origin

    def path(self) -> Path:
        """The file on this machine, its hash checked; a folder where it is several files.

        Raises WeightsMissing naming the file, what is wrong with it and the command that gets it.
        """
        return self.origin.path(self.name)

    @property
    def files(self) -> tuple[File, ...]:
        """The published files; none where it comes with a pip package or was trained here."""
        return self.origin.files

    @property
    def file(self) -> str:
        """The file's path (inside the package), or its name; several joined by commas."""
        return self.origin.file

    @property
    def distribution(self) -> str:
        """The pip requirement it comes with, the page where it is published, or what trained it."""
        return self.origin.distribution

    @property
    def source(self) -> str:
        """The page where it is published, or what trained it."""
        return self.origin.page

    @property
    def size(self) -> int | None:
        """Bytes, all files together; None where that is not published."""
        return self.origin.size

    @property
    def sha256(self) -> str:
        """The hash of the file in use, which `path` has checked or will.

        Where there is none, the hash of the one that would be fetched (locked, else published), or empty.
        """
        return self.origin.hash_in_use(self.name)

    @property
    def known_as(self) -> str:
        """What recipes call it: its hash, or that of an earlier file that gave the same answers."""
        same = self.origin.same_as if isinstance(self.origin, Trained) else ""
        return same or self.sha256

    @property
    def how(self) -> str:
        """What a person does to get it."""
        return self.origin.how(self.name)

    @property
    def state(self) -> str:
        """In words, hashing nothing: "in pip package", "missing", or "present" and what is special about it."""
        return self.origin.state(self.name)

    @property
    def known(self) -> bool:
        """Whether a checksum is on record for every file."""
        return all(file.known for file in self.files)
