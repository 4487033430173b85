"""When a training is to stop before its end: its time is over, or somebody said so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from catalogs import storage

TIME = "time"
"""Why a training stopped whose seconds are over; else it is the signal's name."""


class Stopped(Exception):
    """A training that was asked to stop has kept what it has. why: TIME, or a signal's name. at: where it was."""

    def __init__(self, why: str, at: str) -> None:
        super().__init__(f"{why}: {at}")
        self.why, self.at = why, at


@dataclass(frozen=True)
class Halt:
    """until: the moment (`time.time`) at which time is over. file: once it is there, it says why to stop. asked: says
    why to stop, None: go on.

    Workers on other machines see the file in the training's folder, which all of them share.
    """

    until: float = math.inf
    file: Path | None = None
    asked: Callable[[], str | None] = lambda: None

    def why(self) -> str | None:
        """Why to stop now; None: go on."""
        if self.file is not None and self.file.exists():
            return self.file.read_text() or TIME
        return self.asked() or (TIME if time.time() >= self.until else None)

    def check(self, at: str) -> None:
        """Raise Stopped when it is time. at: what is going on."""
        why = self.why()
        if why is not None:
            raise Stopped(why, at)


NEVER = Halt()


def ask(file: Path, why: str) -> None:
    """Tell those who look at a file why to stop; it is there whole or not at all."""
    with storage.put(file) as draft:
        draft.write_text(why)
