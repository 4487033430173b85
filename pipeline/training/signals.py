"""Ctrl-C and SIGTERM as a wish that is noted, in place of an end in the middle of something."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType

CODES = {"SIGINT": 130, "SIGTERM": 143}
"""Exit codes of a command that ended because of them."""


class Asked:
    """Notes signals while it lasts. times: how many came."""

    def __init__(self) -> None:
        self.times = 0
        self._first: str | None = None
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def why(self) -> str | None:
        """The name of the first signal that came; None: none has."""
        return self._first

    def __enter__(self) -> Asked:
        for each in (signal.SIGINT, signal.SIGTERM):
            self._before[each] = signal.signal(each, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.times += 1
        self._first = self._first or signal.Signals(number).name
