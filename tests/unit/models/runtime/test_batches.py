"""Batches keep to their size, shrink when memory runs out, and lose nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.batches import device_lost, in_batches, out_of_memory


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


class Asked(RuntimeError):
    """What a process somewhere else said of its own GPU."""


class Fail(Exception):
    """ONNX Runtime's own kind of error."""


Fail.__module__ = "onnxruntime.capi.onnxruntime_pybind11_state"


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"), True),
        (Fail("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 700: an illegal memory access was encountered"), True),
        (torch.AcceleratorError("CUDA error: out of memory"), False),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), False),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (Asked("CUDA error: device-side assert triggered"), False),
        (ValueError("no CUDA error: a wrong shape"), False),
    ],
)
def test_a_lost_device_is_told_from_a_lack_of_memory_and_from_other_errors(error: Exception, lost: bool) -> None:
    assert device_lost(error) is lost
    assert not (lost and out_of_memory(error))
