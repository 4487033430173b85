"""Progress of several downloads: a line a file, renewed on a terminal, else said now and then."""

from __future__ import annotations

import time
from threading import Lock
from typing import TextIO


class DownloadLines:
    """Hears from several threads how far their files are (`models.weights.download.Tell`)."""

    def __init__(self, out: TextIO, every: float = 10.0) -> None:
        self._out, self._terminal = out, out.isatty()
        self._every = 0.2 if self._terminal else every
        self._lock = Lock()
        self._lines: dict[str, str] = {}
        self._shown: dict[str, tuple[float, str]] = {}
        self._begun: dict[str, tuple[float, int]] = {}

    def __call__(self, file: str, done: int, total: int | None, note: str = "") -> None:
        """File `file` has `done` of `total` bytes (None: not known); `note` says what goes on besides."""
        with self._lock:
            now = time.monotonic()
            last, before = self._shown.get(file, (-self._every, ""))
            if now - last < self._every and note == before and done != total:
                return
            self._shown[file] = now, note
            began, first = self._begun.setdefault(file, (now, done))
            rate = (done - first) / (now - began) if now > began and done > first else 0.0
            self._show(file, line(file, done, total, rate, note))

    def _show(self, file: str, text: str) -> None:
        if not self._terminal:
            print(text, file=self._out, flush=True)
            return
        up = f"\x1b[{len(self._lines)}A" if self._lines else ""
        self._lines[file] = text
        body = "".join(f"\r\x1b[K{each}\n" for each in self._lines.values())
        print(up + body, end="", file=self._out, flush=True)


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
