"""jobs/query.py : a table, CSV, JSON lines, or the summary."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import catalogs
from catalogs.schema import conform
from catalogs.staging import stage_span

ORDERED = "select source_uri, status, reason, end_s from clips order by source_uri"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One accepted clip and one rejected."""
    root = tmp_path_factory.mktemp("query") / "catalog"
    with catalogs.Writer.open(root, {}, "r") as writer:
        for i, reason in enumerate((None, "no_face")):
            row = {
                "clip_id": f"{i:032x}",
                "content": "c" * 32,
                "source_uri": f'/videos/{i}, "quoted".mp4',
                "source_key": f"{i:032x}",
                "span_index": 0,
                "span_count": 1,
                "start_s": 0.0,
                "end_s": 2.5,
                "status": "rejected" if reason else "accepted",
                "reason": reason,
                "recipe": "r",
                "run_id": "run",
            }
            latents = [] if reason else [{"clip_id": f"{i:032x}", "frames": 0}]
            tables = {"clips": [row], "latents": latents, "previews": []}
            stage_span(root, f"{i:032x}", 0, {name: conform(name, rows) for name, rows in tables.items()})
        writer.commit()
    return root


@pytest.fixture
def query(job: Callable[..., Any], catalog: Path) -> Callable[..., Any]:
    return lambda *arguments: job("query", "--catalog", catalog, *arguments)


def test_a_table(query: Callable[..., Any]) -> None:
    done = query(ORDERED)
    assert done.code == 0
    assert done.out.splitlines() == [
        "source_uri               status    reason   end_s",
        "-----------------------  --------  -------  -----",
        '/videos/0, "quoted".mp4  accepted             2.5',
        '/videos/1, "quoted".mp4  rejected  no_face    2.5',
        "(2 rows)",
    ]


def test_csv(query: Callable[..., Any]) -> None:
    assert list(csv.reader(io.StringIO(query(ORDERED, "--csv").out))) == [
        ["source_uri", "status", "reason", "end_s"],
        ['/videos/0, "quoted".mp4', "accepted", "", "2.5"],
        ['/videos/1, "quoted".mp4', "rejected", "no_face", "2.5"],
    ]


def test_json_lines(query: Callable[..., Any]) -> None:
    rows = [json.loads(line) for line in query(ORDERED, "--json").out.splitlines()]
    assert rows[0] == {"source_uri": '/videos/0, "quoted".mp4', "status": "accepted", "reason": None, "end_s": 2.5}
    assert len(rows) == 2


def test_the_summary(query: Callable[..., Any], catalog: Path) -> None:
    assert query().out.splitlines() == [
        f"{catalog}: 2 sources, 2 clips, 5 s of video",
        "       1 accepted",
        "       1 rejected",
        "              1 no_face",
        "       0 failed",
    ]
    assert json.loads(query("--json").out) == {
        "clips": 2,
        "accepted": 1,
        "rejected": {"no_face": 1},
        "failed": {},
        "sources": 2,
        "video_seconds": 5.0,
        "accepted_seconds": 2.5,
    }


def test_a_wrong_catalog(job: Callable[..., Any], tmp_path: Path) -> None:
    for sql in ((ORDERED,), ()):
        done = job("query", "--catalog", tmp_path / "nothing", *sql)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: there is no catalog at {tmp_path}/nothing: make one with python jobs/")


def test_wrong_sql_is_one_message(query: Callable[..., Any]) -> None:
    done = query("select colour from clips")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: DuckDB refuses the SQL: ")
    assert "colour" in done.err
    assert query("selec 1").code == 2
