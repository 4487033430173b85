"""The options of jobs, as they stand on record."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.root import ROOT


def assert_on_record(job: str) -> None:
    """The help of jobs/JOB.py is that in tests/unit/jobs/JOB_help.txt, but for spaces at the ends of lines."""
    done = subprocess.run(
        [sys.executable, f"jobs/{job}.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert done.returncode == 0
    assert _lines(done.stdout) == _lines((ROOT / "tests/unit/jobs" / f"{job}_help.txt").read_text())


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]
