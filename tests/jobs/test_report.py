"""jobs/report.py as a command: one file, and what it says where there is no catalog."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import catalogs

ROOT = Path(__file__).resolve().parents[2]


def report(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "jobs/report.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_writes_one_file_and_says_where(tmp_path: Path) -> None:
    catalogs.Writer.open(tmp_path / "catalog", {}, "r").close()
    out = tmp_path / "report.html"
    done = report("--catalog", tmp_path / "catalog", "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"look at: {out}"
    assert out.read_text().lstrip().lower().startswith("<!doctype html>")
    assert {path.name for path in tmp_path.iterdir()} == {"catalog", "report.html"}


def test_a_wrong_catalog(tmp_path: Path) -> None:
    done = report("--catalog", tmp_path / "nothing", "--out", tmp_path / "report.html")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: there is no catalog at {tmp_path}/nothing")
    assert not (tmp_path / "report.html").exists()
