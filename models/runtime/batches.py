"""Running a model over many items in batches that fit its memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Model = Callable[[Sequence[np.ndarray]], list[np.ndarray]]
"""From a batch of items to one answer each, in their order."""

_NO_ROOM = ("out of memory", "failed to allocate memory", "status_alloc_failed")
_LOST = (
    *("cuda error", "cuda driver error", "cudnn error", "cublas_status_", "hip error", "device-side assert"),
    *("cuda failure", "cudnn failure", "cublas failure"),
)


def in_batches(model: Model, items: Sequence[np.ndarray], most: int) -> list[np.ndarray]:
    """The answers of `model` to `items`, at most `most` at a time.

    A batch that does not fit into the device's memory is halved, and what follows keeps to the smaller size. Raises
    the device's own error when a single item does not fit.
    """
    answers: list[np.ndarray] = []
    while len(answers) < len(items):
        batch = items[len(answers) : len(answers) + most]
        try:
            found = model(batch)
        except Exception as error:  # ONNX Runtime has errors of its own
            if len(batch) == 1 or not out_of_memory(error):
                raise
            most = len(batch) // 2
            continue
        if len(found) != len(batch):
            raise ValueError(f"the model gave {len(found)} answers to {len(batch)} items")
        answers += found
    return answers


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a batch was too large, in the words of PyTorch or ONNX Runtime."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return any(words in text for words in _NO_ROOM)


def device_lost(error: BaseException) -> bool:
    """Whether an error came from a GPU itself, in the words of PyTorch or ONNX Runtime, and is no lack of memory.

    Most such errors (an illegal address, a failed assertion) stay with the process: every later call gives them again.
    """
    if out_of_memory(error):
        return False
    if type(error).__name__ == "AcceleratorError":
        return True
    text = str(error).lower()
    plain = type(error) is RuntimeError or type(error).__module__.startswith("onnxruntime")
    return plain and any(words in text for words in _LOST)
