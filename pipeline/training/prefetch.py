"""What a training reads, made while a GPU works: processes beside it draw the batches of the steps to come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")

_MOST = 8
"""Processes of one worker."""


def prefetched(make: Callable[[int], T], steps: Sequence[int], device: torch.device) -> Iterator[T]:
    """make(step) of each step, in their order.

    Where steps run on a GPU, processes (one core of this worker's each, but for one, and 8 at most) make them ahead; on
    a CPU, which has no core to spare, each is made when it is asked for. What comes out is the same.

    make: draws from the step alone, on the CPU; the processes are forked, so it may be a closure. What it returns goes
    through shared memory (/dev/shm).
    """
    count = _processes(device)
    loader = DataLoader(
        _Made(make),
        batch_size=None,
        sampler=steps,
        num_workers=count,
        collate_fn=lambda made: made,
        generator=torch.Generator(),  # its own: nobody else's draws depend on it
        multiprocessing_context="fork" if count else None,
    )
    return iter(loader)


def _processes(device: torch.device) -> int:
    """PyTorch's threads are this worker's cores."""
    return 0 if device.type == "cpu" else min(_MOST, torch.get_num_threads() - 1)


class _Made(Dataset[T]):
    def __init__(self, make: Callable[[int], T]) -> None:
        self._make = make

    def __getitem__(self, step: int) -> T:
        return self._make(step)
