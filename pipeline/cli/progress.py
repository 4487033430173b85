"""How long work looks while it goes on: a line for each part of it, on a terminal and in a log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import TextIO

from tqdm import tqdm


class _Line(tqdm):
    monitor_interval = 0
    """No thread that draws lines again: each is drawn when there is news."""


_Line.set_lock(RLock())


class ProgressLines:
    """Lines of progress, one a key: on a terminal each renews itself, elsewhere it is said again now and then.

    out: standard error by default. every: seconds between two sayings where there is no terminal. Several threads may
    tell. Nothing is said if `quiet`.
    """

    def __init__(self, out: TextIO | None = None, every: float = 5.0, quiet: bool = False) -> None:
        self._given, self._quiet = out, quiet
        self._every = 0.2 if self._out.isatty() else every
        self._began = time.monotonic()
        self._said: dict[str, float] = {}
        self._lines: dict[str, _Line] = {}
        self._lock = RLock()

    @property
    def _out(self) -> TextIO:
        return sys.stderr if self._given is None else self._given

    def tell(self, text: Callable[[], str], key: str = "", at_once: bool = False, last: bool = False) -> None:
        """Say `text()`, if it is time to, or `at_once`; last: the line stays as it is then."""
        with self._lock:
            now = time.monotonic()
            due = at_once or last or now - self._said.get(key, self._began) >= self._every
            if self._quiet or not due:
                return
            self._said[key] = now
            with suppress(OSError):  # a terminal that is closed does not end the run
                self._say(key, text(), last)

    def said(self, key: str = "") -> bool:
        """Whether a line was ever said."""
        return key in self._said

    def close(self) -> None:
        """Leave the lines of a terminal as they are, and go below them."""
        with self._lock, suppress(OSError):
            while self._lines:
                self._lines.pop(next(iter(self._lines))).close()

    def _say(self, key: str, text: str, last: bool) -> None:
        if not self._out.isatty():
            print(text, file=self._out, flush=True)
            return
        if key not in self._lines:
            self._lines[key] = _line(self._out)
        self._lines[key].set_description_str(text)
        if last:
            self._lines.pop(key).close()


def _line(out: TextIO) -> _Line:
    """An empty line. A terminal that says 0 rows, as one without a window does, would be shown none by tqdm."""
    try:
        known = min(os.get_terminal_size(out.fileno())) > 1
    except (OSError, ValueError):
        known = False
    size = {"dynamic_ncols": True} if known else {"ncols": 0, "nrows": 20}
    line = _Line(file=out, bar_format="{desc}", delay=1, **size)
    line.delay = 0  # without a delay it would be drawn at once, before there is anything to say
    return line
