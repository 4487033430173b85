"""Ctrl-C while a command is still importing what it needs: a line in place of a traceback.

Imports nothing that takes long, for a job to call it before all else.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType


def interrupted_in_a_line(code: int = 130) -> None:
    """From now on a KeyboardInterrupt that nobody catches ends the process with `code` and one line."""
    usual = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            usual(kind, error, where)
            return
        print("\nstopped before it began", file=sys.stderr, flush=True)
        os._exit(code)  # Python itself would end by the signal, of which a shell says 130 but nobody else

    sys.excepthook = hook
