"""Who is who: planted people are found, whatever the order; a listed name wins."""

from __future__ import annotations

import numpy as np
import pytest
from faulty import person

from pipeline import subjects
from pipeline.subjects import assign

PEOPLE = ("ann", "bob", "carl")


def planted(each: int, noise: float = 0.01, seed: int = 0) -> tuple[list[str], np.ndarray, list[str]]:
    """Clip ids, vectors near their person's, and who each is."""
    random = np.random.default_rng(seed)
    who = [name for name in PEOPLE for _ in range(each)]
    vectors = np.stack([person(name) + random.normal(0, noise, 128) for name in who])
    ids = [random.bytes(16).hex() for _ in who]
    return ids, vectors, who


def groups(names: list[str], who: list[str]) -> set[tuple[str, str]]:
    return set(zip(names, who, strict=True))


def test_nobody() -> None:
    assert assign([], np.empty((0, 128)), []) == []


def test_one_clip_is_named_after_itself() -> None:
    assert assign(["ab" * 16], person("ann")[None], [None]) == ["person_" + "ab" * 6]
    assert assign(["ab" * 16], person("ann")[None], ["Ann"]) == ["Ann"]


def test_planted_people_are_found_and_named_by_their_first_clip() -> None:
    ids, vectors, who = planted(5)
    names = assign(ids, vectors, [None] * 15)
    assert len(groups(names, who)) == 3
    for name in PEOPLE:
        first = min(clip for clip, owner in zip(ids, who, strict=True) if owner == name)
        assert (f"person_{first[:12]}", name) in groups(names, who)


@pytest.mark.parametrize("exact", [4000, 5])
def test_the_order_of_clips_does_not_matter(monkeypatch: pytest.MonkeyPatch, exact: int) -> None:
    monkeypatch.setattr(subjects, "_EXACT", exact)
    ids, vectors, _ = planted(6, noise=0.03)
    named = ["Ann", *[None] * 17]
    before = dict(zip(ids, assign(ids, vectors, named), strict=True))
    order = np.random.default_rng(1).permutation(18)
    after = assign([ids[i] for i in order], vectors[order], [named[i] for i in order])
    assert after == [before[ids[i]] for i in order]


def test_a_listed_name_wins_for_its_cluster_and_stays_where_it_is() -> None:
    ids, vectors, who = planted(4)
    named: list[str | None] = [None] * 12
    named[1] = named[2] = "Ann"
    named[0] = "Anna"
    named[5] = "Ann"
    names = assign(ids, vectors, named)
    assert names[:4] == ["Anna", "Ann", "Ann", "Ann"]
    assert names[4:8] == ["Ann"] * 4
    assert len(set(names[8:])) == 1
    assert names[8].startswith("person_")


def test_equally_frequent_names_are_settled_by_the_alphabet() -> None:
    ids, vectors, _ = planted(3)
    assert assign(ids, vectors, ["Zoe", "Ann", *[None] * 7])[:3] == ["Zoe", "Ann", "Ann"]


def test_the_threshold_cuts() -> None:
    near = np.stack([np.zeros(128), np.eye(128)[0] * 0.4, np.eye(128)[1] * 0.5])
    ids = ["a" * 32, "b" * 32, "c" * 32]
    assert len(set(assign(ids, near, [None] * 3))) == 2
    assert len(set(assign(ids, near, [None] * 3, threshold=0.3))) == 3
    assert len(set(assign(ids, near, [None] * 3, threshold=0.7))) == 1


@pytest.mark.parametrize("exact", [20, 2])
def test_many_clips_take_the_path_that_bounds_memory(monkeypatch: pytest.MonkeyPatch, exact: int) -> None:
    ids, vectors, who = planted(20, noise=0.003)
    plain = assign(ids, vectors, [None] * 60)
    monkeypatch.setattr(subjects, "_EXACT", exact)
    names = assign(ids, vectors, [None] * 60)
    assert names == plain
    assert len(groups(names, who)) == 3
