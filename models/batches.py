"""Running a model over many items in batches that fit its memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Model = Callable[[Sequence[np.ndarray]], list[np.ndarray]]
"""From a batch of items to one answer each, in their order."""


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
    return "out of memory" in text or "failed to allocate memory" in text
