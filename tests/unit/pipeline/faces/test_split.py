"""Who is kept out of training."""

from __future__ import annotations

import pytest

from catalogs.frames import StoredClip
from pipeline.errors import UsageError
from pipeline.faces.split import split_of

PEOPLE = [f"person {n}" for n in range(30)]


def clip(subject: str, name: str = "talk.mp4") -> StoredClip:
    return StoredClip("0", f"file:///clips/{name}", subject, None, "hash", 1, 96)


def test_parts_are_disjoint_and_as_large_as_asked_for() -> None:
    split = split_of(PEOPLE, 9, 4)
    assert (len(split.test), len(split.validation)) == (9, 4)
    assert not set(split.test) & set(split.validation)
    assert list(split.test) == sorted(split.test)
    parts = [split.part_of(clip(person)) for person in PEOPLE]
    assert (parts.count("test"), parts.count("validation"), parts.count("train")) == (9, 4, 17)


def test_files_skipped_are_not_trained_on_but_may_be_scored_on() -> None:
    split = split_of(PEOPLE, 9, 4, ["secret_*", "other.mp4"])
    kept = next(person for person in PEOPLE if split.part_of(clip(person)) == "train")
    assert split.part_of(clip(kept, "secret_1.mp4")) == split.part_of(clip(kept, "other.mp4")) == "skipped"
    assert split.part_of(clip(kept, "no_secret_1.mp4")) == "train"
    assert split.part_of(clip(split.test[0], "secret_1.mp4")) == "test"
    assert split.part_of(clip(split.validation[0], "secret_1.mp4")) == "validation"


def test_more_clips_of_the_same_people_change_nothing() -> None:
    assert split_of([*PEOPLE, *PEOPLE[5:20], PEOPLE[0]][::-1], 9, 4) == split_of(PEOPLE, 9, 4)


def test_one_more_person_moves_one_out_at_most() -> None:
    before = split_of(PEOPLE, 9, 4)
    after = split_of([*PEOPLE, "newcomer"], 9, 4)
    assert len(set(before.test) - set(after.test)) <= 1


def test_too_few_people() -> None:
    assert split_of(PEOPLE[:4], 1, 1).test
    with pytest.raises(UsageError, match="3 subjects are too few to keep 1 and 1 out"):
        split_of(PEOPLE[:3], 1, 1)
