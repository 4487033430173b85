"""docs/notebook.md: its code runs as it stands, in order, and prints what stands there."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.root import ROOT

PAGE = ROOT / "docs" / "notebook.md"
BLOCK = re.compile(r"^```(python|sh|text)\n(.*?)^```$", re.S | re.M)


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.usefixtures("one_ray")
def test_the_notebook_runs_and_prints_what_it_shows(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "clips").symlink_to(samples)
    command = tmp_path / "bin" / "vasari"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vasari "$@"\n')
    command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {}
    printed, shown = [], []
    for kind, text in BLOCK.findall(PAGE.read_text()):
        if kind == "sh":
            done = subprocess.run(["sh", "-ec", text], capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stderr
        elif kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(text, str(PAGE), "exec"), names)
            if out.getvalue():
                printed.append(out.getvalue())
        else:
            shown.append(text)
    assert printed == shown
    assert {"sheet.jpg", "yaw.png"} <= {path.name for path in tmp_path.iterdir()}
