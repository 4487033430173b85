"""Epochs: each clip by its length, shared without a window twice, and gone on with inside."""

from __future__ import annotations

import json
import pickle
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.epochs import Epochs, Part
from catalogs.errors import NoWindows
from catalogs.window_clips import WindowClips

LENGTHS = st.lists(st.integers(1, 200), min_size=1, max_size=30)
WORLDS = (1, 2, 3, 7)


def clips(lengths: list[int], keys: list[int] | None = None, begin: int = 0) -> WindowClips:
    """Clips of these lengths, whose frames begin at `begin`."""
    count = len(lengths)
    none, begins = np.zeros(count, np.int64), np.full(count, begin)
    names = np.array([str(number).encode() for number in range(count)])
    key = np.array(range(count) if keys is None else keys, np.uint64)
    length = np.array(lengths)
    return WindowClips(names, names, key, none, none, none, length, begins, begins + length, none, {}, {}, {})


def drawn(epochs: Epochs, epoch: int = 0) -> list[tuple[int, int]]:
    """(clip, start) of an epoch's windows, in order."""
    numbers = np.arange(epoch * len(epochs), (epoch + 1) * len(epochs))
    return list(zip(*(values.tolist() for values in epochs.windows(numbers)), strict=True))


@given(LENGTHS, st.integers(1, 60), st.integers(0, 5), st.integers(0, 9))
def test_a_clip_has_windows_in_proportion_to_its_length_and_all_fit(
    lengths: list[int], window: int, begin: int, seed: int
) -> None:
    found = drawn(Epochs(clips(lengths, begin=begin), window, seed))
    for clip, length in enumerate(lengths):
        starts = sorted(start - begin for own, start in found if own == clip)
        assert len(starts) == max(1, round(length / window))
        room = max(0, length - window) + 1
        for place, start in enumerate(starts):
            assert 0 <= start < room
            assert place * room / len(starts) - 1 < start < (place + 1) * room / len(starts)


@given(LENGTHS, st.integers(0, 2**31), st.integers(0, 3))
def test_draws_depend_on_the_seed_and_the_epoch_alone(lengths: list[int], seed: int, epoch: int) -> None:
    epochs = Epochs(clips(lengths), 10, seed)
    first = drawn(epochs, epoch)
    drawn(epochs, epoch + 1)
    assert drawn(epochs, epoch) == first
    assert drawn(pickle.loads(pickle.dumps(epochs)), epoch) == first
    mixed = np.random.default_rng(0).permutation(np.arange(3 * len(epochs)))
    again = dict(zip(mixed.tolist(), zip(*(v.tolist() for v in epochs.windows(mixed)), strict=True), strict=True))
    assert [again[number] for number in range(len(epochs))] == drawn(epochs)


def test_seeds_and_epochs_differ_and_other_clips_change_no_start() -> None:
    lengths = [300, 500, 120]
    epochs = Epochs(clips(lengths, [5, 6, 7]), 50, 1)
    assert drawn(epochs) != drawn(epochs, 1)
    assert drawn(epochs) != drawn(Epochs(clips(lengths, [5, 6, 7]), 50, 2))
    alone = Epochs(clips([500], [6]), 50, 1)
    assert sorted(start for _, start in drawn(alone)) == sorted(start for clip, start in drawn(epochs) if clip == 1)


def test_all_starts_are_equally_likely_and_the_order_is_shuffled() -> None:
    epochs = Epochs(clips([29] * 100), 10, 0)
    starts = np.array([start for epoch in range(20) for _, start in drawn(epochs, epoch)])
    counts = np.bincount(starts, minlength=20)
    assert len(counts) == 20
    expected = len(starts) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 45  # chi-square, 19 degrees of freedom: 1 in 1,400
    order = [clip for clip, _ in drawn(epochs)]
    assert order != sorted(order)
    assert abs(np.corrcoef(order, range(len(order)))[0, 1]) < 0.2


@given(LENGTHS, st.sampled_from(WORLDS), st.integers(1, 9), st.integers(0, 2))
def test_readers_share_an_epoch_with_nothing_twice_or_left_out(
    lengths: list[int], world: int, batch: int, epoch: int
) -> None:
    epochs = Epochs(clips(lengths), 10, 3)
    read: list[int] = []
    for rank in range(world):
        part = Part(epochs, rank, world, batch, "m")
        for _ in range(epoch + 1):
            batches = list(part)
            assert len(part) == len(batches)
        assert part.epoch == epoch
        assert all(len(numbers) == batch for numbers in batches[:-1])
        read += [number for numbers in batches for number in numbers]
    assert sorted(read) == list(range(epoch * len(epochs), (epoch + 1) * len(epochs)))


@given(LENGTHS, st.sampled_from(WORLDS), st.integers(1, 9), st.integers(0, 12))
def test_a_reader_goes_on_inside_an_epoch(lengths: list[int], world: int, batch: int, done: int) -> None:
    epochs = Epochs(clips(lengths), 10, 3)
    for rank in range(world):
        part = Part(epochs, rank, world, batch, "m")
        list(part)
        list(islice(part, done))
        state = json.loads(json.dumps(part.state()))
        copied = pickle.loads(pickle.dumps(part))
        rest, after = list(part), list(part)
        for other in (copied, Part(epochs, rank, world, batch, "m")):
            if other is not copied:
                other.resume(state)
            assert list(other) == rest
            assert list(other) == after
    told = Part(epochs, 0, world, batch, "m")
    whole = [number for numbers in told for number in numbers]
    ahead = Part(epochs, 0, world, batch, "m")
    ahead.resume(told.state(used=min(done, len(whole))))
    left = whole[min(done, len(whole)) :]
    assert [number for numbers in ahead for number in numbers][: len(left)] == left


@given(LENGTHS, st.sampled_from(WORLDS), st.sampled_from(WORLDS), st.integers(0, 4))
def test_other_readers_share_what_those_before_left(lengths: list[int], before: int, after: int, done: int) -> None:
    epochs = Epochs(clips(lengths), 10, 3)
    parts = [Part(epochs, rank, before, 2, "m") for rank in range(before)]
    read = [number for part in parts for numbers in islice(part, done) for number in numbers]
    used = [part.state()["used"] for part in parts]
    for rank in range(after):
        part = Part(epochs, rank, after, 2, "m")
        part.resume(parts[0].state(used=max(used)))
        read += [number for numbers in part for number in numbers if number < len(epochs)]
    assert sorted(read) == list(range(len(epochs)))


def test_what_cannot_be_shared_or_gone_on_with_says_so() -> None:
    epochs = Epochs(clips([100]), 10, 0)
    for rank, world, batch in ((2, 2, 1), (-1, 2, 1), (0, 0, 1), (0, 1, 0)):
        with pytest.raises(NoWindows, match=f"no reader {rank} of {world} with {batch} windows a batch"):
            Part(epochs, rank, world, batch, "m")
    with pytest.raises(NoWindows, match="not the windows that the state is of: give the seed"):
        Part(epochs, 0, 1, 1, "other").resume(Part(epochs, 0, 1, 1, "m").state())
