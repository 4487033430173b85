"""jobs/demo.py as a command; `make demo` is nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import catalogs
from pipeline.samples import SAMPLES

ROOT = Path(__file__).resolve().parents[2]


def demo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "jobs/demo.py"), *map(str, arguments)], capture_output=True, text=True, timeout=400
    )


def test_help(job: Callable[..., Any]) -> None:
    done = job("demo", "--help")
    assert done.code == 0
    assert "--out" in done.out


@pytest.mark.slow
def test_every_sample_gets_the_verdict_it_is_made_for(tmp_path: Path) -> None:
    done = demo("--out", tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == f"report:   {tmp_path}/report.html"
    assert (tmp_path / "report.html").stat().st_size > 10_000
    rows = catalogs.query(
        tmp_path / "catalog", "select source_uri, status, reason from clips order by source_uri, start_s"
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows.to_pylist():
        name = Path(row["source_uri"]).name
        verdict = row["reason"] if row["status"] == "rejected" else row["status"]
        found[name] = (*found.get(name, ()), verdict)
    assert found == {sample.name: sample.verdicts for sample in SAMPLES}
