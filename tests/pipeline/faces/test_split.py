"""Who is kept out of training."""

from __future__ import annotations

import pytest

from pipeline.command import Failure
from pipeline.faces.split import split_of

PEOPLE = [f"person {n}" for n in range(30)]


def test_parts_are_disjoint_and_as_large_as_asked_for() -> None:
    split = split_of(PEOPLE, 9, 4)
    assert (len(split.test), len(split.validation)) == (9, 4)
    assert not set(split.test) & set(split.validation)
    assert list(split.test) == sorted(split.test)
    parts = [split.part_of(person) for person in PEOPLE]
    assert (parts.count("test"), parts.count("validation"), parts.count("train")) == (9, 4, 17)


def test_more_clips_of_the_same_people_change_nothing() -> None:
    assert split_of([*PEOPLE, *PEOPLE[5:20], PEOPLE[0]][::-1], 9, 4) == split_of(PEOPLE, 9, 4)


def test_one_more_person_moves_one_out_at_most() -> None:
    before = split_of(PEOPLE, 9, 4)
    after = split_of([*PEOPLE, "newcomer"], 9, 4)
    assert len(set(before.test) - set(after.test)) <= 1


def test_too_few_people() -> None:
    assert split_of(PEOPLE[:4], 1, 1).test
    with pytest.raises(Failure, match="3 subjects are too few to keep 1 and 1 out"):
        split_of(PEOPLE[:3], 1, 1)
