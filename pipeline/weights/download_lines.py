"""Progress of several downloads, a line a file."""

from __future__ import annotations

import time
from typing import TextIO

from pipeline.cli.progress import ProgressLines


class DownloadLines:
    """Hears from several threads how far their files are (`models.weights.download.OnProgress`)."""

    def __init__(self, out: TextIO, every: float = 10.0) -> None:
        self._lines = ProgressLines(out, every)
        self._notes: dict[str, str] = {}
        self._begun: dict[str, tuple[float, int]] = {}

    def __call__(self, file: str, done: int, total: int | None, note: str = "") -> None:
        """File `file` has `done` of `total` bytes (None: not known); `note` says what goes on besides."""
        now = time.monotonic()
        began, first = self._begun.setdefault(file, (now, done))
        rate = (done - first) / (now - began) if now > began and done > first else 0.0
        news = note != self._notes.get(file) or done == total
        self._notes[file] = note
        self._lines.tell(lambda: line(file, done, total, rate, note), file, at_once=news)

    def close(self) -> None:
        """Leave the lines as they are."""
        self._lines.close()


def line(file: str, done: int, total: int | None, rate: float, note: str) -> str:
    """One file's progress in words; rate: bytes a second, 0 where not known."""
    share = f" of {megabytes(total)} ({100 * done // total}%)" if total else ""
    speed = f"  {rate / 1e6:.1f} MB/s" if rate else ""
    left = f"  {(total - done) / rate:.0f} s left" if total and rate and done < total else ""
    return f"{file}  {megabytes(done)}{share}{speed}{left}" + (f"  {note}" if note else "")


def megabytes(size: int | None) -> str:
    """A size for people."""
    if size is None:
        return "unknown"
    return (
        f"{size / 1e6:.0f} MB" if size >= 9_950_000 else f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"
    )
