"""Which subjects are kept out of training: chosen by a hash of who they are, so that nobody chose them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from catalogs.frames import StoredClip
from pipeline.errors import UsageError
from pipeline.text import file_name


@dataclass(frozen=True)
class Split:
    """Subjects never trained on, each part sorted by name: for the scores, and for choosing designs.

    skip: patterns of file names that are not trained on either, whoever they show.
    """

    test: tuple[str, ...]
    validation: tuple[str, ...]
    skip: tuple[str, ...] = ()

    def part_of(self, clip: StoredClip) -> str:
        """test, validation, train or skipped."""
        if clip.subject in self.test:
            return "test"
        if clip.subject in self.validation:
            return "validation"
        name = file_name(clip.source_uri)
        return "skipped" if any(fnmatchcase(name, pattern) for pattern in self.skip) else "train"


def split_of(subjects: Iterable[str], test: int, validation: int, skip: Sequence[str] = ()) -> Split:
    """The first `test` subjects by hash, and the next `validation`. UsageError when fewer than two are left."""
    order = sorted(set(subjects), key=lambda name: hashlib.blake2b(f"0 {name}".encode()).digest())
    if len(order) < test + validation + 2:
        raise UsageError(
            f"{len(order)} subjects are too few to keep {test} and {validation} out and train on at least two: "
            "extract more clips, or keep fewer out"
        )
    return Split(tuple(sorted(order[:test])), tuple(sorted(order[test : test + validation])), tuple(skip))
