"""When a training is to stop."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pipeline.training.halt import NEVER, TIME, Halt, Stopped, ask


def test_time_a_file_and_a_signal_stop_it(tmp_path: Path) -> None:
    assert NEVER.why() is None
    assert Halt(time.time() + 100).why() is None
    assert Halt(time.time() - 1).why() == TIME
    file = tmp_path / "stop"
    asked = Halt(time.time() + 100, file)
    assert asked.why() is None
    ask(file, "SIGTERM")
    assert asked.why() == "SIGTERM"
    assert [path.name for path in tmp_path.iterdir()] == ["stop"]
    assert Halt(asked=lambda: "SIGINT").why() == "SIGINT"


def test_who_is_stopped_says_why_and_at_what() -> None:
    NEVER.check("anything")
    with pytest.raises(Stopped) as stop:
        Halt(0.0).check("reading landmarks: step 3 of 9")
    assert (stop.value.why, stop.value.at) == (TIME, "reading landmarks: step 3 of 9")
