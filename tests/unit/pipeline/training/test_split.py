"""Who is kept out of training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from catalogs.frames import StoredClip
from pipeline.errors import UsageError
from pipeline.people.names import first_name
from pipeline.training.split import Split, kept_out, split_of

PEOPLE = [f"person {n}" for n in range(30)]


def clip(subject: str, name: str = "talk.mp4") -> StoredClip:
    return StoredClip(f"clip of {subject}", f"file:///clips/{name}", subject, None, f"hash of {subject}", 1, 96)


def clips(people: Iterable[str]) -> list[StoredClip]:
    return [clip(person) for person in people]


def test_parts_are_disjoint_and_as_large_as_asked_for() -> None:
    split = split_of(clips(PEOPLE), 9, 4)
    assert (len(split.test), len(split.validation)) == (9, 4)
    assert not set(split.test) & set(split.validation)
    assert list(split.test) == sorted(split.test)
    parts = [split.part_of(clip(person)) for person in PEOPLE]
    assert (parts.count("test"), parts.count("validation"), parts.count("train")) == (9, 4, 17)


def test_files_skipped_are_not_trained_on_but_may_be_scored_on() -> None:
    split = split_of(clips(PEOPLE), 9, 4, ["secret_*", "other.mp4"])
    kept = next(person for person in PEOPLE if split.part_of(clip(person)) == "train")
    assert split.part_of(clip(kept, "secret_1.mp4")) == split.part_of(clip(kept, "other.mp4")) == "skipped"
    assert split.part_of(clip(kept, "no_secret_1.mp4")) == "train"
    assert split.part_of(clip(split.test[0], "secret_1.mp4")) == "test"
    assert split.part_of(clip(split.validation[0], "secret_1.mp4")) == "validation"


def test_more_clips_of_the_same_people_change_nothing() -> None:
    assert split_of(clips([*PEOPLE, *PEOPLE[5:20], PEOPLE[0]][::-1]), 9, 4) == split_of(clips(PEOPLE), 9, 4)


def test_one_more_person_moves_one_out_at_most() -> None:
    before = split_of(clips(PEOPLE), 9, 4)
    after = split_of(clips([*PEOPLE, "newcomer"]), 9, 4)
    assert len(set(before.test) - set(after.test)) <= 1


def test_too_few_people() -> None:
    assert split_of(clips(PEOPLE[:4]), 1, 1).test
    with pytest.raises(UsageError, match="3 subjects are too few to keep 1 and 1 out"):
        split_of(clips(PEOPLE[:3]), 1, 1)


def recipe(split: Split, people: Iterable[str] = PEOPLE) -> dict[str, Any]:
    """Of a training on these people."""
    of = clips(people)
    return {
        "content": sorted(each.content for each in of if split.part_of(each) == "train"),
        "held_out": {
            part: [["talk.mp4", each.clip_id, each.content] for each in of if split.part_of(each) == part]
            for part in ("test", "validation")
        },
        "test_subjects": list(split.test),
        "validation_subjects": list(split.validation),
    }


def renamed(of: Iterable[StoredClip]) -> list[StoredClip]:
    """Everybody under a name that says nothing of the one before."""
    return [replace(each, subject_id=f"somebody {abs(hash(each.clip_id)) % 10**9}") for each in of]


def people_of(of: Iterable[StoredClip], split: Split, part: str) -> set[str]:
    """Whom a part is made of, by the names that they had first."""
    return {each.content.removeprefix("hash of ") for each in of if split.part_of(each) == part}


def test_whom_the_first_training_kept_out_stays_out_under_another_name() -> None:
    """By their clips; where clips were cut otherwise, by the file they are from."""
    before = split_of(clips(PEOPLE), 9, 4)
    again = renamed(clips(PEOPLE))
    cut = [replace(each, clip_id=f"other {each.clip_id}") for each in again]
    assert people_of(again, split_of(again, 9, 4), "test") != set(before.test)
    for now in (again, cut):
        after = split_of(now, 9, 4, before=recipe(before))
        assert people_of(now, after, "test") == set(before.test)
        assert people_of(now, after, "validation") == set(before.validation)


def test_a_clip_that_is_here_tells_more_than_its_file() -> None:
    """Of a film with two people in it, one was kept out; the other is trained on as before."""
    one, other = (replace(clip(name), content="hash of the film") for name in ("one", "other"))
    pinned = {"test": [["film.mp4", one.clip_id, one.content]], "validation": []}
    said = {"content": [], "held_out": pinned, "test_subjects": ["somebody"], "validation_subjects": []}
    assert kept_out([one, other], said, "test") == {"one"}
    assert kept_out([replace(one, clip_id="anew"), replace(other, clip_id="too")], said, "test") == {"one", "other"}
    assert kept_out([one, other], said, "validation") == set()


def test_an_old_recipe_that_lists_no_clips_is_read_by_first_names() -> None:
    of = [replace(clip(f"person {n}"), clip_id=f"{n:032x}") for n in range(0, 16**20 * 12, 16**20)]
    named = [replace(each, subject_id=first_name(each.clip_id)) for each in of]
    old = {"content": [], "test_subjects": [named[0].subject, "Ann"], "validation_subjects": [named[1].subject]}
    now = [replace(each, subject_id=f"new {n}") for n, each in enumerate(of)]
    now[5] = replace(now[5], subject_id="Ann")
    assert kept_out(now, old, "test") == {"new 0", "Ann"}
    assert kept_out(now, old, "validation") == {"new 1"}
    split = split_of(now, 2, 1, before=old)
    assert (split.test, split.validation) == (("Ann", "new 0"), ("new 1",))


def test_nobody_who_was_trained_on_is_kept_out_to_fill_up() -> None:
    """Newcomers are; and more than are asked for stay out where more were."""
    before = split_of(clips(PEOPLE), 3, 2)
    more = clips([*PEOPLE, *(f"newcomer {n}" for n in range(4))])
    after = split_of(more, 5, 4, before=recipe(before))
    assert set(before.test) < set(after.test)
    assert set(before.validation) < set(after.validation)
    came = {*after.test, *after.validation} - {*before.test, *before.validation}
    assert came == {f"newcomer {n}" for n in range(4)}
    fewer = split_of(more, 1, 1, before=recipe(before))
    assert (fewer.test, fewer.validation) == (before.test, before.validation)
    with pytest.raises(UsageError, match="34 subjects are too few to keep 6 and 4 out"):
        split_of(more, 6, 4, before=recipe(before))


def test_parts_stay_disjoint_where_two_who_were_kept_out_are_one_person_now() -> None:
    before = split_of(clips(PEOPLE), 3, 2)
    both = {before.test[0], before.validation[0]}
    now = [replace(each, subject_id="one person") if each.subject in both else each for each in clips(PEOPLE)]
    after = split_of(now, 3, 1, before=recipe(before))
    assert "one person" in after.test
    assert not set(after.test) & set(after.validation)
