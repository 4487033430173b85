from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catalogs.arrays import pack, unpack

_HALVES = st.floats(-60000, 60000, width=16) | st.just(float("nan"))


@st.composite
def _columns(draw: st.DrawFn) -> tuple[int, list[np.ndarray | None]]:
    dim = draw(st.integers(1, 5))
    one = st.integers(0, 4).flatmap(lambda length: hnp.arrays(np.float16, (length, dim), elements=_HALVES))
    return dim, draw(st.lists(st.none() | one, max_size=6))


@given(_columns())
def test_round_trip(column: tuple[int, list[np.ndarray | None]]) -> None:
    dim, arrays = column
    lists = pack(arrays, dim)
    assert lists.type.value_type == pa.float16()
    assert len(lists) == len(arrays)
    lists.validate(full=True)
    _assert_same(unpack(lists, dim), arrays)


@given(_columns(), st.integers(0, 6), st.integers(0, 6))
def test_round_trip_of_slices_and_chunks(column: tuple[int, list[np.ndarray | None]], start: int, length: int) -> None:
    dim, arrays = column
    lists = pack(arrays, dim)
    _assert_same(unpack(lists.slice(start, length), dim), arrays[start : start + length])
    chunked = pa.chunked_array([lists, lists.slice(start)], type=lists.type)
    _assert_same(unpack(chunked, dim), arrays + arrays[start:])


def test_vectors_and_other_precisions() -> None:
    lists = pack([np.array([1.0, 2.0]), np.array([[3, 4], [5, 6]])], 2)
    assert lists.to_pylist() == [[1, 2], [3, 4, 5, 6]]


def test_no_frames_is_not_the_same_as_no_value() -> None:
    assert pack([np.empty((0, 3)), None], 3).to_pylist() == [[], None]


def test_unpacked_arrays_share_memory() -> None:
    lists = pack([np.ones((4, 2))], 2)
    (array,) = unpack(lists, 2)
    assert array is not None
    assert array.base is not None
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((2, 5)), "last dimension must be 6"),
        (np.zeros((2, 1, 6)), "give \\[T, D\\]"),
        (np.full((1, 6), 1e5), "beyond what float16 holds"),
        (np.full((1, 6), np.inf), "beyond what float16 holds"),
    ],
)
def test_what_does_not_fit_is_refused(array: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        pack([np.zeros((1, 6)), array], 6)


def _assert_same(found: list[np.ndarray | None], expected: list[np.ndarray | None]) -> None:
    assert len(found) == len(expected)
    for left, right in zip(found, expected, strict=True):
        assert (left is None) == (right is None)
        if left is not None and right is not None:
            assert left.dtype == np.float16
            np.testing.assert_array_equal(left, right)
