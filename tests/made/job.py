"""Running a job as `python jobs/NAME.py` does, but in this process: importing everything anew takes seconds."""

from __future__ import annotations

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


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Job:
    """job("query", ...): the job's end. 100 columns wide, without colours, from the repository's root."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, value in (("COLUMNS", "100"), ("NO_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)

    def run(name: str, *arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", [f"jobs/{name}.py", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            runpy.run_path(str(ROOT / f"jobs/{name}.py"), run_name="__main__")
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run
