"""Chunks of long sequences: they cover them, and fade into each other."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.speech.chunks import faded, spans, through


@given(st.integers(1, 20_000), st.integers(2, 4000), st.data())
def test_chunks_cover_the_sound_in_equal_lengths(count: int, most: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, most - 1))
    if count > 40 * (most - overlap):
        count = 40 * (most - overlap)
    places = spans(count, most, overlap)
    assert (places[0][0], places[-1][1]) == (0, count)
    assert len({b - a for a, b in places}) == 1
    assert places[0][1] <= most
    assert all(first[1] - second[0] >= overlap for first, second in zip(places, places[1:], strict=False))
    assert all(first[0] < second[0] for first, second in zip(places, places[1:], strict=False))


@given(st.integers(20, 400), st.integers(8, 40), st.integers(0, 7))
def test_chunks_that_agree_fade_into_what_they_agree_on(count: int, most: int, overlap: int) -> None:
    whole = torch.randn(count, 3, generator=torch.Generator().manual_seed(count))
    places = spans(count, most, overlap)
    assert faded([whole[a:b] for a, b in places], places).numpy() == pytest.approx(whole.numpy(), abs=1e-5)


def test_a_chunk_counts_the_more_the_deeper_inside_it_is() -> None:
    places = [(0, 10), (6, 16)]
    whole = faded([torch.zeros(10, 1), torch.ones(10, 1)], places)[:, 0]
    assert whole.tolist() == pytest.approx([0] * 6 + [0.2, 0.4, 0.6, 0.8] + [1] * 6)


def test_pieces_of_equal_length_go_through_together_and_come_back_under_their_names() -> None:
    pieces = {
        name: torch.full((length, 2), value) for name, length, value in (("a", 3, 1.0), ("b", 5, 2.0), ("c", 3, 3.0))
    }
    seen: list[tuple[int, ...]] = []

    def doubled(batch: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(batch.shape))
        return 2 * batch

    found = through(pieces, doubled)
    assert sorted(seen) == [(1, 5, 2), (2, 3, 2)]
    assert {name: value.tolist() for name, value in found.items()} == {
        name: (2 * value).tolist() for name, value in pieces.items()
    }
