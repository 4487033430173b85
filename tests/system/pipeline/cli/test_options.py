"""`--help` of every job: words for a person, whatever reads them."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.root import ROOT

JOBS = sorted(path.stem for path in (ROOT / "jobs").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("job", JOBS)
def test_help_names_values_in_words(job: str) -> None:
    done = subprocess.run(
        [sys.executable, f"jobs/{job}.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: jobs/{job}.py [-h]")
    for noise in (r"\bNone\b", r"\bSTR\b", r"\(default: False\)", r"\(default: \)"):
        assert not re.search(noise, done.stdout), noise


def test_help_ends_well_when_only_its_beginning_is_read() -> None:
    line = f"set -o pipefail; {sys.executable} jobs/extract.py --help | head -1"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "usage: jobs/extract.py [-h] [OPTIONS]\n"
