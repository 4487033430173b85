"""`--help` of a job into a pipe."""

from __future__ import annotations

import subprocess
import sys

from tests.root import ROOT


def test_help_ends_well_when_only_its_beginning_is_read() -> None:
    line = f"set -o pipefail; {sys.executable} jobs/extract.py --help | head -1"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "usage: jobs/extract.py [-h] [OPTIONS]\n"
