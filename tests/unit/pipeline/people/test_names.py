"""Who is called what: names stay with most of their clips, a listed name wins, and none is given twice."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.people.names import is_generated, names

A, B, C = (f"person_{letter * 12}" for letter in "abc")


def ids(count: int) -> list[str]:
    return [f"{place:x}".rjust(12, "0").ljust(32, "0") for place in range(count)]


def told(
    clusters: str, held: str = "", given: str = "", used: tuple[str, ...] = (), order: list[int] | None = None
) -> list[str]:
    """Names of clips by a letter each: cluster, the name it has (a, b, c or -), the listed name (any letter or -)."""
    count = len(clusters)
    rows = list(zip(ids(count), clusters, (held or "-" * count), (given or "-" * count), strict=True))
    rows = [rows[place] for place in order or range(count)]
    own = {"a": A, "b": B, "c": C}
    found = names(
        [clip for clip, *_ in rows],
        [ord(cluster) for _, cluster, *_ in rows],
        [None if name == "-" else name for *_, name in rows],
        [own.get(name) for *_, name, _ in rows],
        used,
    )
    by_clip = dict(zip((clip for clip, *_ in rows), found, strict=True))
    return [by_clip[clip] for clip in ids(count)]


def first(place: int) -> str:
    return f"person_{place:012x}"


def test_nobody() -> None:
    assert told("") == []


def test_clips_that_nobody_has_named_are_named_after_their_first() -> None:
    assert told("xxyxy") == [first(0), first(0), first(2), first(0), first(2)]


def test_a_cluster_keeps_the_name_that_most_had_whatever_joins() -> None:
    assert told("xxxxxxyy", held="--a---bb") == [A] * 6 + [B] * 2
    assert told("xxxxx", held="abb--") == [B] * 5


def test_of_two_that_merge_the_one_with_more_clips_stays_or_the_first_by_name() -> None:
    assert told("xxxxx", held="bbbaa") == [B] * 5
    assert told("xxxx", held="bbaa") == [A] * 4


def test_of_one_that_splits_the_larger_part_keeps_the_name_and_the_other_gets_one_that_nobody_had() -> None:
    found = told("xxyyy", held="aaaaa", used=(B,))
    assert found[2:] == [A] * 3
    assert found[0] == found[1]
    assert is_generated(found[0])
    assert found[0] not in (A, B, C, *map(first, range(5)))
    assert told("xxyy", held="aaaa")[:2] == [A] * 2
    again = told("xxyy", held="aaaa")[2]
    assert again != told("xxyy", held="aaaa")[2]  # by chance: whatever a name could be made from may come again


def test_the_rest_of_a_person_does_not_take_the_name_of_who_moved_away() -> None:
    # of b, three of four are with a now: the fourth stays among clips of a that split off
    found = told("xxxxxxxxyyy", held="aaaaabbbaab")
    assert found[:8] == [A] * 8
    assert found[8] == found[9] == found[10]
    assert found[8] not in (A, B)


def test_a_name_in_use_is_not_given_to_clips_that_have_none() -> None:
    found = told("xy", used=(first(0),))
    assert found[0] != first(0)
    assert is_generated(found[0])
    assert found[1] == first(1)


def test_a_listed_name_wins_and_stays_where_it_is() -> None:
    assert told("xxxxxyy", held="-aaa-bb", given="SS--T--") == ["S", "S", "S", "S", "T", B, B]
    assert told("xxx", given="Z-A") == ["Z", "A", "A"]


def test_a_listed_name_that_looks_generated_belongs_to_those_it_is_listed_for() -> None:
    found = names(ids(4), [0, 0, 1, 1], [A, None, None, None], [None, None, A, A], ())
    assert found[:2] == [A, A]
    assert found[2] == found[3] != A


@pytest.mark.parametrize("held", ["-" * 8, "aab-bbcc", "aaaabbbb"])
def test_the_order_of_clips_does_not_matter(held: str) -> None:
    clusters = "xxyyzzzx"
    usual = told(clusters, held=held)
    for seed in range(5):
        other = told(clusters, held=held, order=np.random.default_rng(seed).permutation(8).tolist())
        assert [name in (A, B, C) for name in other] == [name in (A, B, C) for name in usual]
        kept = [(x, y) for x, y in zip(usual, other, strict=True) if x in (A, B, C)]
        assert all(x == y for x, y in kept)


def test_naming_again_changes_nothing() -> None:
    clusters = [0, 0, 1, 1, 1, 2, 0]
    given = ["Ann", None, None, None, None, None, None]
    held = [None, None, A, A, None, A, None]
    found = names(ids(7), clusters, given, held, ())
    again = names(ids(7), clusters, given, [name if is_generated(name) else None for name in found], set(found))
    assert again == found
