"""jobs/extract.py in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.root import ROOT


def test_what_a_terminal_cannot_show_stops_nothing(tmp_path: Path) -> None:
    name = "caf\udce9"
    folder = tmp_path / name
    folder.mkdir()
    (folder / f"{name}.mp4").write_bytes(b"no video")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for what, code, said in ((folder, 0, b"1 failed"), (folder / "gone", 2, b"is not there")):
        command = [sys.executable, ROOT / "jobs/extract.py", "--input", what, "--catalog", tmp_path / "é"]
        done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
        assert done.returncode == code, done.stderr
        assert said in done.stdout + done.stderr
