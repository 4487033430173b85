"""Windows cover a sequence however it comes, and fade into each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.motion.windows import crossfade, windows


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 20), st.data())
def test_windows_cover_the_sequence_in_whatever_blocks_it_comes(
    lengths: list[int], length: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, length - 1))
    whole = torch.arange(float(sum(lengths)))[:, None]
    found = list(windows(whole.split(lengths), length, overlap))
    assert all(len(each) == length for each in found[:-1])
    assert all(torch.equal(one[length - overlap :], other[:overlap]) for one, other in pairwise(found))
    assert all(overlap < len(each) <= length for each in found[1:])
    rest = [each if k == 0 else each[overlap:] for k, each in enumerate(found)]
    assert torch.equal(torch.cat([whole[:0], *rest]), whole)


def test_a_window_is_given_before_the_next_block_is_asked_for() -> None:
    asked = []

    def blocks():  # type: ignore[no-untyped-def]
        for k in range(4):
            asked.append(k)
            yield torch.full((5, 1), float(k))

    found = windows(blocks(), 10, 5)
    next(found)
    assert asked == [0, 1]
    next(found)
    assert asked == [0, 1, 2]


@given(st.integers(0, 30), st.integers(0, 1000))
def test_what_agrees_stays_and_what_does_not_lies_between(count: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    one, other = (torch.randn(count, 3, generator=random) for _ in range(2))
    assert torch.allclose(crossfade(one, one), one, atol=1e-6)
    found = crossfade(one, other)
    assert (found >= torch.minimum(one, other) - 1e-6).all()
    assert (found <= torch.maximum(one, other) + 1e-6).all()
    # and the other way around, backwards, it is the same
    assert torch.allclose(crossfade(other.flip(0), one.flip(0)).flip(0), found, atol=1e-6)


def test_the_second_counts_the_more_the_further_it_goes_on() -> None:
    found = crossfade(torch.zeros(4, 1), torch.ones(4, 1))[:, 0]
    assert found.tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8])
