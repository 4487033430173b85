"""Running a job as `python jobs/NAME.py` does, but in this process: importing everything anew takes seconds."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.root import ROOT


@dataclass(frozen=True)
class Done:
    """How a job ended: its exit code, and what it said."""

    code: int
    out: str
    err: str


Job = Callable[..., Done]


def run_job(name: str, *arguments: str | Path) -> Done:
    """The job's end. 100 columns wide, without colours, from the repository's root."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for variable, value in (("COLUMNS", "100"), ("NO_COLOR", "1"), ("TERM", "dumb")):
            patch.setenv(variable, value)
        patch.setattr(sys, "path", list(sys.path))
        patch.setattr(sys, "argv", [f"jobs/{name}.py", *map(str, arguments)])
        try:
            runpy.run_path(str(ROOT / f"jobs/{name}.py"), run_name="__main__")
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def job() -> Job:
    """job("query", ...): see `run_job`."""
    return run_job
