"""Ctrl-C before a job has begun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.root import ROOT

JOBS = sorted(path.name for path in (ROOT / "jobs").glob("*.py") if path.name != "__init__.py")


def run_with(tyro: str, folder: Path, job: str = "train_faces.py") -> subprocess.CompletedProcess[str]:
    """The job, whose first module that takes long to import is this one."""
    (folder / "tyro.py").write_text(tyro)
    return subprocess.run(
        [sys.executable, f"jobs/{job}", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("job", JOBS)
def test_ctrl_c_while_modules_are_imported_is_a_line(job: str, tmp_path: Path) -> None:
    done = run_with(
        "raise KeyboardInterrupt  # a signal would not do: in the background it is ignored\n", tmp_path, job
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "stopped before it began")


def test_another_error_is_told_as_usual(tmp_path: Path) -> None:
    done = run_with("raise ValueError('no such thing')\n", tmp_path)
    assert done.returncode == 1
    assert "ValueError: no such thing" in done.stderr
