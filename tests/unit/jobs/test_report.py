"""jobs/report.py: one file, and what it says where there is no catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import catalogs


def test_it_writes_one_file_and_says_where(job: Callable[..., Any], tmp_path: Path) -> None:
    catalogs.Writer.open(tmp_path / "catalog", {}, "r").close()
    out = tmp_path / "report.html"
    done = job("report", "--catalog", tmp_path / "catalog", "--out", out)
    assert done.code == 0
    assert done.out.splitlines()[-1] == f"look at: {out}"
    assert out.read_text().lstrip().lower().startswith("<!doctype html>")
    assert {path.name for path in tmp_path.iterdir()} == {"catalog", "report.html"}


def test_a_wrong_catalog(job: Callable[..., Any], tmp_path: Path) -> None:
    done = job("report", "--catalog", tmp_path / "nothing", "--out", tmp_path / "report.html")
    assert done.code == 2
    assert done.err.startswith(f"error: there is no catalog at {tmp_path}/nothing")
    assert not (tmp_path / "report.html").exists()


def test_a_submitted_job_refuses_a_relative_page(
    job: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")
    done = job("report", "--catalog", tmp_path, "--out", "report.html")
    assert done.code == 2
    assert done.err.startswith("error: --out report.html: a submitted job runs in a copy")
