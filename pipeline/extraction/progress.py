"""Progress of a run on standard error: how far, with which verdicts, at what rate and how long still."""

from __future__ import annotations

import time
from collections import Counter
from threading import Lock
from typing import TextIO

from pipeline.cli.progress import ProgressLines
from pipeline.extraction.tasks import SpanResult

FEW = 3
"""Spans that each worker must have done, on average, before the time left is told."""


class Progress:
    """Counts what comes back and says how far the run is, at what rate, and how long it will take.

    total, seconds: spans to work on, and the seconds of video they are. workers: those that work on them at once; the
    time left is told when each has done a few, because the longest spans go first and the first ones meet cold files.
    """

    def __init__(
        self,
        total: int,
        quiet: bool = False,
        out: TextIO | None = None,
        every: float = 5.0,
        seconds: float = 0.0,
        workers: int = 1,
    ) -> None:
        self._total, self._seconds = total, seconds
        self._lines = ProgressLines(out, every, quiet)
        self._began = time.time()
        self._done, self._worked = 0, 0.0
        self.workers = workers
        self.verdicts: Counter[str] = Counter()
        self.video_seconds = 0.0
        self.stage_seconds: Counter[str] = Counter()

    def add(self, done: SpanResult, seconds: float | None = None) -> None:
        """Take one finished span. seconds: of its video, by default that of its clips."""
        self._done += 1
        self._worked += sum(length for _, _, length in done.clips) if seconds is None else seconds
        if done.began:
            self._began = done.began if self._done == 1 else min(self._began, done.began)
        for status, _, seconds in done.clips:
            self.verdicts[status] += 1
            self.video_seconds += seconds
        self.stage_seconds.update(done.seconds)
        self._lines.tell(lambda: self.line(time.time() - self._began), last=self._done == self._total)

    def line(self, elapsed: float) -> str:
        """The progress after `elapsed` seconds of work."""
        rate = self.video_seconds / elapsed if elapsed > 0 else 0.0
        verdicts = ", ".join(f"{self.verdicts[status]} {status}" for status in ("accepted", "rejected", "failed"))
        share = 100 * self._done // max(self._total, 1)
        return f"{self._done}/{self._total} ({share}%)  {verdicts}  {rate:.1f} video s/s{self._left(elapsed)}"

    def _left(self, elapsed: float) -> str:
        """The time left in words, once it is worth something."""
        if self._done < FEW * self.workers or self._done == self._total or not self._worked:
            return ""
        # what workers are in the middle of is done by half
        worked = self._worked * (1 + self.workers / (2 * self._done))
        return f"  {_minutes(elapsed / worked * max(0.0, self._seconds - worked))} left"


class ProbeProgress:
    """Says how many sources are probed and how fast their bytes come; safe to tell from several threads."""

    def __init__(self, total: int, quiet: bool = False, out: TextIO | None = None, every: float = 5.0) -> None:
        self._total, self._lines = total, ProgressLines(out, every, quiet)
        self._start = time.monotonic()
        self._done = self._bytes = 0
        self._lock = Lock()

    def add_bytes(self, count: int) -> None:
        """Take `count` more bytes that were read or have come over the network."""
        self.add(0, count)

    def add(self, sources: int, count: int) -> None:
        """Take sources that are probed, and bytes."""
        with self._lock:
            self._done += sources
            self._bytes += count
            ended = self._done == self._total
            self._lines.tell(lambda: self.line(time.monotonic() - self._start), last=ended and self._lines.said())
            if ended:
                self._lines.close()

    def line(self, elapsed: float) -> str:
        """The progress after `elapsed` seconds."""
        rate = self._bytes / 1e6 / elapsed if elapsed > 0 else 0.0
        return f"probed {self._done}/{self._total} sources  {self._bytes / 1e6:.0f} MB  {rate:.0f} MB/s"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
