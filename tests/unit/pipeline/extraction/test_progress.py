"""Progress: counts add up, and the line says how far, how fast and how long still."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import pytest

from pipeline.extraction.progress import Progress
from pipeline.extraction.tasks import SpanResult

TWO = SpanResult("k" * 32, 0, [("accepted", None, 4.0), ("rejected", "no_face", 2.0)], {"probe": 0.5, "track": 2.0})
ONE = SpanResult("k" * 32, 1, [("failed", "crashed", 6.0)], {"probe": 0.25})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_counts() -> None:
    progress = Progress(3, quiet=True)
    progress.add(TWO)
    progress.add(ONE)
    assert progress.verdicts == {"accepted": 1, "rejected": 1, "failed": 1}
    assert progress.video_seconds == 12.0
    assert progress.stage_seconds == {"probe": 0.75, "track": 2.0}


def test_the_line() -> None:
    progress = Progress(4, quiet=True)
    assert progress.line(0.0) == "0/4 (0%)  0 accepted, 0 rejected, 0 failed  0.0 video s/s"
    progress.add(TWO)
    assert progress.line(3.0) == "1/4 (25%)  1 accepted, 1 rejected, 0 failed  2.0 video s/s"
    progress.add(ONE)
    assert progress.line(3.0) == "2/4 (50%)  1 accepted, 1 rejected, 1 failed  4.0 video s/s"


def test_the_time_left_waits_until_it_is_worth_something_and_goes_by_seconds_of_video() -> None:
    """Two workers, 100 s of video: three spans each, of 10 s, are 60 s, with half of the two at work 70 s."""
    progress = Progress(10, quiet=True, seconds=100.0, workers=2)
    for _ in range(5):
        progress.add(ONE, 10.0)
        assert "left" not in progress.line(35.0)
    progress.add(ONE, 10.0)
    assert progress.line(35.0).endswith("  15 s left")  # 70 s of video in 35 s, 30 s to go
    assert progress.line(350.0).endswith("  2 min left")
    for _ in range(3):
        progress.add(ONE, 10.0)
    assert progress.line(50.0).endswith("  0 s left")
    progress.add(ONE, 10.0)
    assert progress.line(50.0).endswith("video s/s")


def test_start_up_is_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that took 100 s to start and 6 s for 6 s of video did a second of it a second."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 106.0)
    out = io.StringIO()
    Progress(1, out=out, every=0).add(replace(ONE, began=now + 100.0))
    assert "  1.0 video s/s" in out.getvalue()


class Closed(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_closed_terminal_ends_nothing() -> None:
    progress = Progress(1, out=Closed(), every=0)
    progress.add(ONE)
    assert progress.verdicts == {"failed": 1}


def test_a_log_gets_a_line_now_and_then_and_the_last_one() -> None:
    out = io.StringIO()
    progress = Progress(3, out=out, every=1000)
    for _ in range(3):
        progress.add(ONE)
    assert len(out.getvalue().splitlines()) == 1
    assert out.getvalue().startswith("3/3 (100%)  0 accepted, 0 rejected, 3 failed")
    often = io.StringIO()
    progress = Progress(3, out=often, every=0)
    for _ in range(3):
        progress.add(ONE)
    assert [line.split()[0] for line in often.getvalue().splitlines()] == ["1/3", "2/3", "3/3"]


def test_a_terminal_gets_one_line_that_renews_itself() -> None:
    out = Terminal()
    progress = Progress(2, out=out)
    progress._lines._every = 0
    progress.add(ONE)
    assert out.getvalue().startswith("\r1/2 (50%)")
    assert "\n" not in out.getvalue()
    progress.add(ONE)
    assert out.getvalue().split("\r")[-1].startswith("2/2 (100%)")
    assert out.getvalue().count("\n") == 1


def test_quiet_says_nothing() -> None:
    out = io.StringIO()
    Progress(1, quiet=True, out=out).add(ONE)
    assert out.getvalue() == ""
