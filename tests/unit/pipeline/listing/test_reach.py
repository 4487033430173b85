"""Patience: what may pass is tried again after longer and longer waits, inside the time limit."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable

import pytest

from pipeline.listing import reach
from pipeline.listing.faults import SourceFault
from pipeline.listing.reach import Patience, Reach, within

URI = "https://host/a.mp4"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits there were; the clock goes on by them, nobody waits."""
    slept: list[float] = []
    monkeypatch.setattr(reach.time, "sleep", slept.append)
    start = time.monotonic()
    monkeypatch.setattr(reach.time, "monotonic", lambda: start + sum(slept))
    return slept


def failing(times: int, error: Exception) -> tuple[Callable[[float], str], list[float]]:
    """An attempt that fails so often, and the seconds left at each."""
    left: list[float] = []

    def attempt(seconds: float) -> str:
        left.append(seconds)
        if len(left) <= times:
            raise error
        return "bytes"

    return attempt, left


def test_a_fault_that_passes_costs_its_waits(waits: list[float]) -> None:
    attempt, left = failing(2, TimeoutError())
    assert Reach(300, Patience())(URI, attempt) == "bytes"
    assert waits == [1.0, 2.0]
    assert left == [300, 299, 297]


def test_after_the_last_try_the_fault_is_raised_with_their_number(waits: list[float]) -> None:
    attempt, left = failing(9, OSError(errno.EIO, "Input/output error"))
    with pytest.raises(SourceFault, match=r"/a\.mp4: cannot be read \(\[Errno 5\] Input/output error; tried 5 times\)"):
        Reach(300, Patience())("/a.mp4", attempt)
    assert (len(left), waits) == (5, [1, 2, 4, 8])


def test_waits_end_at_the_time_limit_and_grow_no_longer_than_the_longest(waits: list[float]) -> None:
    attempt, _ = failing(99, TimeoutError())
    with pytest.raises(SourceFault, match="tried 3 times"):
        Reach(5, Patience())(URI, attempt)
    waits.clear()
    with pytest.raises(SourceFault):
        Reach(1e6, Patience(attempts=9, longest_s=5))(URI, attempt)
    assert waits == [1, 2, 4, 5, 5, 5, 5, 5]


def test_what_does_not_pass_is_not_tried_again(waits: list[float]) -> None:
    attempt, left = failing(9, FileNotFoundError(URI))
    with pytest.raises(SourceFault) as caught:
        Reach(300, Patience())(URI, attempt)
    assert (len(left), caught.value.fault.reason) == (1, "unreadable")


def test_a_server_tried_in_vain_is_tried_once_until_it_answers(waits: list[float]) -> None:
    tried = Reach(300, Patience())
    for uri, tries in ((URI, 5), ("https://host/b.mp4", 1), ("https://other/b.mp4", 5), ("https://host/c.mp4", 1)):
        attempt, left = failing(9, TimeoutError())
        with pytest.raises(SourceFault):
            tried(uri, attempt)
        assert len(left) == tries
    tried(URI, failing(0, TimeoutError())[0])
    attempt, left = failing(9, TimeoutError())
    with pytest.raises(SourceFault):
        tried(URI, attempt)
    assert len(left) == 5


def test_within_a_time() -> None:
    assert within(5, lambda: 3) == 3
    with pytest.raises(KeyError):
        within(5, lambda: {}["x"])
    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        within(0.05, lambda: time.sleep(1))
