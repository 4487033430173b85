"""How fast a training goes, and how long it waits for its data."""

from __future__ import annotations

import time

import pytest

from pipeline.training.speed import EXAMPLES, WAITED, Speed


def test_windows_a_second_and_the_share_of_waiting_since_the_last_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    speed = Speed(examples=16)
    assert speed.figures() == {}
    for _ in range(4):
        with speed.waiting():
            now[0] += 0.5
        now[0] += 1.5
        speed.steps += 1
    assert speed.figures() == {EXAMPLES: 8.0, WAITED: 0.25}
    speed.restart()
    assert speed.figures() == {}
    now[0] += 2
    speed.steps = 1
    assert speed.figures() == {EXAMPLES: 8.0, WAITED: 0.0}


def test_where_nobody_asks_nothing_is_said() -> None:
    speed = Speed(None)
    speed.steps = 3
    assert speed.figures() == {}
