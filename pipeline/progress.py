"""Progress of a run on standard error: one line that renews itself on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TextIO

from pipeline.jobs import SpanDone


class Progress:
    """Counts what comes back and says how far the run is, at what rate, and how long it will take."""

    def __init__(self, total: int, quiet: bool = False, out: TextIO = sys.stderr, every: float = 5.0) -> None:
        self._total, self._quiet, self._out = total, quiet, out
        self._every = 0.2 if out.isatty() else every
        self._start = self._last = time.monotonic()
        self._done = 0
        self.verdicts: Counter[str] = Counter()
        self.video_seconds = 0.0
        self.stage_seconds: Counter[str] = Counter()

    def add(self, done: SpanDone) -> None:
        """Take one finished span."""
        self._done += 1
        for status, _, seconds in done.clips:
            self.verdicts[status] += 1
            self.video_seconds += seconds
        self.stage_seconds.update(done.seconds)
        now = time.monotonic()
        if not self._quiet and (now - self._last >= self._every or self._done == self._total):
            self._last = now
            self._show(self.line(now - self._start))

    def line(self, elapsed: float) -> str:
        """The progress after `elapsed` seconds."""
        rate = self.video_seconds / elapsed if elapsed > 0 else 0.0
        left = elapsed / self._done * (self._total - self._done) if self._done else 0.0
        verdicts = ", ".join(f"{self.verdicts[status]} {status}" for status in ("accepted", "rejected", "failed"))
        share = 100 * self._done // max(self._total, 1)
        return f"{self._done}/{self._total} ({share}%)  {verdicts}  {rate:.1f} video s/s  {_minutes(left)} left"

    def _show(self, line: str) -> None:
        if self._out.isatty():
            end = "\n" if self._done == self._total else ""
            print(f"\r\x1b[K{line}", end=end, file=self._out, flush=True)
        else:
            print(line, file=self._out, flush=True)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
