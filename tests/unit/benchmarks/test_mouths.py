"""The regression from sound to mouths: it tells what the features tell, of other people alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.mouths import folds, score, told
from pipeline.evaluation.metrics.mouth import MOUTH

PEOPLE = tuple("aabbccddeeff")


def clips(seed: int = 0, frames: int = 120, width: int = 6) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Features [T, 6] of clips, and mouths [T, 3] that follow two of them, the first three frames late."""
    random = np.random.default_rng(seed)
    features, wanted = [], []
    for _ in PEOPLE:
        heard = random.normal(size=(frames, width)).cumsum(0) % 7
        late = np.roll(heard[:, 0], 3)
        wanted.append(np.stack([late, heard[:, 1], random.normal(size=frames)], 1) + random.normal(size=3))
        features.append(heard.astype(np.float32))
    return features, wanted


@given(st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(1, 900)), min_size=1, max_size=60))
def test_a_person_is_in_one_fold(held: list[tuple[str, int]]) -> None:
    people, lengths = [who for who, _ in held], [length for _, length in held]
    found = folds(people, lengths, 3)
    assert len(found) == len(people)
    assert all(len({fold for who, fold in zip(people, found, strict=True) if who == each}) == 1 for each in set(people))
    assert set(found.tolist()) <= {0, 1, 2}
    if len(set(people)) >= 3:
        assert len(set(found.tolist())) == 3


def test_folds_are_about_as_long_as_each_other() -> None:
    found = folds(["a", "b", "c", "d"], [100, 60, 50, 10], 2)
    assert found.tolist() == [0, 1, 1, 0]


def test_what_the_sound_tells_is_told_and_the_rest_is_not() -> None:
    features, wanted = clips()
    found = score(wanted, told(features, wanted, folds(PEOPLE, [120] * 12, 3)), PEOPLE)
    assert found.within["opening"] > 0.9
    assert found.within["width"] > 0.9
    assert abs(found.within["jaw"]) < 0.2
    assert found.median > 0.9
    assert found.in_time == 1.0


def test_a_person_s_own_mouths_teach_nothing() -> None:
    """Where one person's mouth does the opposite of all others', it is told as theirs."""
    features, wanted = clips()
    for i, who in enumerate(PEOPLE):
        if who == "a":
            wanted[i] = -wanted[i]
    found = told(features, wanted, folds(PEOPLE, [120] * 12, 6))
    likeness = [np.corrcoef(a[:, 0], b[:, 0])[0, 1] for a, b in zip(wanted, found, strict=True)]
    assert max(likeness[:2]) < -0.7
    assert min(likeness[2:]) > 0.5


def test_a_mouth_that_is_told_late_is_not_in_time() -> None:
    _, wanted = clips()
    late = [np.roll(each, 4, 0) for each in wanted]
    assert score(wanted, late, PEOPLE).in_time == 0.0
    assert score(wanted, wanted, PEOPLE).within == pytest.approx(dict.fromkeys(MOUTH, 1.0))
    assert score(wanted, [np.zeros_like(each) for each in wanted], PEOPLE).within == dict.fromkeys(MOUTH, 0.0)


def test_each_person_counts_once_however_many_clips_there_are() -> None:
    _, wanted = clips()
    people = ["a"] * 11 + ["b"]
    found = [*wanted[:11], -wanted[11]]
    assert score(wanted, found, people).within["opening"] == pytest.approx(10 / 12)
    assert score(wanted, found, people).by_person == pytest.approx(0.0)
