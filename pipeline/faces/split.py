"""Which subjects are kept out of training: chosen by a hash of who they are, so that nobody chose them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.command import Failure


@dataclass(frozen=True)
class Split:
    """Subjects never trained on, each part sorted by name: for the scores, and for choosing designs."""

    test: tuple[str, ...]
    validation: tuple[str, ...]

    def part_of(self, subject: str) -> str:
        """test, validation or train."""
        return "test" if subject in self.test else "validation" if subject in self.validation else "train"


def split_of(subjects: Iterable[str], test: int, validation: int) -> Split:
    """The first `test` subjects by hash, and the next `validation`. Failure when fewer than two are left."""
    order = sorted(set(subjects), key=lambda name: hashlib.blake2b(f"0 {name}".encode()).digest())
    if len(order) < test + validation + 2:
        raise Failure(
            f"{len(order)} subjects are too few to keep {test} and {validation} out and train on at least two: "
            "extract more clips, or keep fewer out"
        )
    return Split(tuple(sorted(order[:test])), tuple(sorted(order[test : test + validation])))
