"""One model for many callers: requests join, answers part again, and one bad request costs only itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from pipeline.serving.batcher import DeviceLost, DynamicBatcher, Overdue


class Doubler:
    """Doubles numbers; counts batches, holds them while `gate` is closed, and fails on negative numbers."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.sizes: list[int] = []
        self.room = 1000
        self.fault: Exception | None = None

    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        self.sizes.append(len(items))
        assert self.gate.wait(10)
        if self.fault:
            raise self.fault
        if len(items) > self.room:
            raise RuntimeError("CUDA out of memory")
        if any(item < 0 for item in items):
            raise ValueError("a negative number")
        return [2 * item for item in items]


def ask(server: DynamicBatcher, *numbers: float) -> list[float]:
    return [float(answer) for answer in server([np.array(n) for n in numbers])]


def waiting(server: DynamicBatcher, count: int) -> None:
    """Return when `count` requests wait for the model."""
    until = time.monotonic() + 10
    while server._requests.qsize() < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_answers_are_those_of_the_items() -> None:
    server = DynamicBatcher(Doubler(), 4)
    assert ask(server, 1, 2, 3, 4, 5, 6, 7, 8, 9) == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert ask(server) == []


def test_requests_that_wait_together_become_one_batch() -> None:
    model = Doubler()
    server = DynamicBatcher(model, 8)
    model.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask, server, 1)
        while not model.sizes:
            time.sleep(0.001)
        rest = [pool.submit(ask, server, 10 * k, 10 * k + 1) for k in range(1, 6)]
        waiting(server, 5)
        model.gate.set()
        assert first.result() == [2]
        assert [future.result() for future in rest] == [[20 * k, 20 * k + 2] for k in range(1, 6)]
    assert model.sizes == [1, 8, 2]


def test_memory_that_runs_out_halves_the_batch() -> None:
    model = Doubler()
    model.room = 3
    assert ask(DynamicBatcher(model, 8), *range(8)) == [2 * k for k in range(8)]
    assert model.sizes == [8, 4, 2, 2, 2, 2]


def test_a_request_that_fails_costs_only_itself() -> None:
    model = Doubler()
    server = DynamicBatcher(model, 8)
    model.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask, server, 0)
        while not model.sizes:
            time.sleep(0.001)
        good, bad, other = (pool.submit(ask, server, *numbers) for numbers in ((1, 2), (-1,), (3,)))
        waiting(server, 3)
        model.gate.set()
        assert first.result() == [0]
        assert good.result() == [2, 4]
        assert other.result() == [6]
        with pytest.raises(ValueError, match="a negative number"):
            bad.result()
    assert ask(server, 5) == [10]


def test_a_lost_device_ends_the_process_and_is_told_to_its_own_batch_alone() -> None:
    ended = threading.Event()
    model = Doubler()
    model.fault = torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nCompile with ...")
    server = DynamicBatcher(model, 2, end=ended.set)
    model.gate.clear()
    first, second = server.ask([np.array(1), np.array(2)]), server.ask([np.array(3)])
    assert first.begun.wait(10)
    model.gate.set()
    with pytest.raises(DeviceLost, match="^CUDA error: an illegal memory access was encountered$"):
        first.answer.result(10)
    assert ended.wait(10)
    assert not second.begun.wait(0.1)
    assert not second.answer.done()
    assert model.sizes == [2]


def test_a_batch_that_hangs_ends_the_process_and_a_late_answer_is_nobody_s() -> None:
    ended = threading.Event()
    model = Doubler()
    server = DynamicBatcher(model, 1, seconds=0.2, end=ended.set)
    assert server([np.array(1)]) == [2]
    model.gate.clear()
    hung, other = server.ask([np.array(1)]), server.ask([np.array(2)])
    with pytest.raises(Overdue, match=r"^took longer than 0\.2 s$"):
        hung.answer.result(10)
    assert ended.wait(10)
    model.gate.set()
    time.sleep(0.1)
    assert not other.answer.done()


def test_a_request_alone_shares_no_batch() -> None:
    model = Doubler()
    server = DynamicBatcher(model, 8)
    model.gate.clear()
    first = server.ask([np.array(0)])
    assert first.begun.wait(10)
    rest = [server.ask([np.array(n)], alone=n == 2) for n in (1, 2, 3, 4)]
    model.gate.set()
    assert [request.answer.result(10) for request in rest] == [[2], [4], [6], [8]]
    assert model.sizes == [1, 1, 1, 2]
