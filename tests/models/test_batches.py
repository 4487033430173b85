"""Batches keep to their size, shrink when memory runs out, and lose nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.batches import in_batches


class Memory:
    """A model that doubles numbers and has room for `room` of them at once."""

    def __init__(self, room: int, error: Exception) -> None:
        self.room, self.error = room, error
        self.sizes: list[int] = []

    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        self.sizes.append(len(items))
        if len(items) > self.room:
            raise self.error
        return [2 * item for item in items]


FULL = RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")


def numbers(count: int) -> list[np.ndarray]:
    return [np.array([k]) for k in range(count)]


@given(count=st.integers(0, 70), most=st.integers(1, 40), room=st.integers(1, 40))
def test_every_item_has_its_answer_in_order(count: int, most: int, room: int) -> None:
    model = Memory(room, FULL)
    assert [int(a[0]) for a in in_batches(model, numbers(count), most)] == [2 * k for k in range(count)]
    assert max(model.sizes, default=0) <= most


def test_a_batch_that_does_not_fit_is_halved_and_later_ones_keep_the_smaller_size() -> None:
    model = Memory(5, FULL)
    in_batches(model, numbers(20), 16)
    assert model.sizes == [16, 8, 4, 4, 4, 4, 4]


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        torch.OutOfMemoryError("the device's words"),
        MemoryError(),
        RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer"),
    ],
)
def test_one_item_that_does_not_fit_is_an_error(error: Exception) -> None:
    with pytest.raises(type(error)):
        in_batches(Memory(0, error), numbers(4), 4)


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    model = Memory(1, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        in_batches(model, numbers(4), 4)
    assert model.sizes == [4]


def test_a_model_that_answers_too_little_is_named() -> None:
    with pytest.raises(ValueError, match="1 answers to 3 items"):
        in_batches(lambda items: [items[0]], numbers(3), 3)
