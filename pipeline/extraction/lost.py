"""Calls to a child process that brought no answer, as a row tells them."""

from __future__ import annotations

from pipeline.child import ChildCrashed, ChildError, ChildTimeout

LOST = (ChildTimeout, ChildCrashed, ChildError)

ADVICE = "look at the file, and decide it again with --retry-failed"


def reason_of(error: BaseException) -> str:
    """What a call that was lost is called in clips.reason."""
    if isinstance(error, ChildTimeout):
        return "timeout"
    return "crashed" if isinstance(error, ChildCrashed) else "error"


def first_line(error: BaseException) -> str:
    """An error's type and first line."""
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
