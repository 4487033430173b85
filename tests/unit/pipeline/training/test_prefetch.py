"""Batches made ahead of the steps that learn from them."""

from __future__ import annotations

import os

import pytest
import torch

from models.runtime.device import CPU
from pipeline.training.prefetch import prefetched
from tests.made.line import Line, Points

GPU = torch.device("cuda")
"""Says how batches are made; nothing here runs on it."""


@pytest.fixture
def _three_cores() -> object:
    """As if this worker had them."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield None
    torch.set_num_threads(before)


def test_on_a_cpu_each_is_made_when_it_is_asked_for() -> None:
    asked: list[int] = []
    ahead = prefetched(lambda step: asked.append(step) or (step, os.getpid()), range(4, 7), CPU)
    assert next(ahead) == (4, os.getpid())
    assert asked == [4]
    assert [step for step, _ in ahead] == [5, 6]


@pytest.mark.usefixtures("_three_cores")
def test_for_a_gpu_other_processes_make_them_and_they_come_in_order() -> None:
    found = list(prefetched(lambda step: (step, os.getpid()), range(10), GPU))
    assert [step for step, _ in found] == list(range(10))
    processes = {process for _, process in found}
    assert len(processes) == 2
    assert os.getpid() not in processes


@pytest.mark.usefixtures("_three_cores")
def test_batches_are_the_same_and_nobody_s_draws_depend_on_it() -> None:
    task = Line()

    def made(step: int) -> list[Points]:
        return task.draw(step, 0, 1)

    torch.manual_seed(0)
    found = list(prefetched(made, range(3), GPU))
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(1))
    for step, (one,) in enumerate(found):
        (other,) = made(step)
        assert torch.equal(one.x, other.x)
        assert torch.equal(one.y, other.y)


@pytest.mark.usefixtures("_three_cores")
def test_what_goes_wrong_while_they_are_made_is_said() -> None:
    def made(step: int) -> int:
        if step == 2:
            raise ValueError("clip 7 is no picture")
        return step

    with pytest.raises(ValueError, match="clip 7 is no picture"):
        list(prefetched(made, range(4), GPU))
