"""jobs/query.py as a command: a table, CSV, JSON lines, or the summary."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import catalogs
from catalogs.schema import conform
from catalogs.staging import stage_span

ROOT = Path(__file__).resolve().parents[2]
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


def query(catalog: Path, *arguments: str, expect: int = 0) -> str:
    """What the command prints; its errors if it is expected to fail."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "jobs/query.py"), "--catalog", str(catalog), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert done.returncode == expect, done.stderr
    return done.stdout if expect == 0 else done.stderr


def test_a_table(catalog: Path) -> None:
    assert query(catalog, ORDERED).splitlines() == [
        "source_uri              status    reason   end_s",
        "----------------------  --------  -------  -----",
        '/videos/0, "quoted".mp4  accepted             2.5',
        '/videos/1, "quoted".mp4  rejected  no_face    2.5',
        "(2 rows)",
    ]


def test_csv(catalog: Path) -> None:
    assert list(csv.reader(io.StringIO(query(catalog, ORDERED, "--csv")))) == [
        ["source_uri", "status", "reason", "end_s"],
        ['/videos/0, "quoted".mp4', "accepted", "", "2.5"],
        ['/videos/1, "quoted".mp4', "rejected", "no_face", "2.5"],
    ]


def test_json_lines(catalog: Path) -> None:
    rows = [json.loads(line) for line in query(catalog, ORDERED, "--json").splitlines()]
    assert rows[0] == {"source_uri": '/videos/0, "quoted".mp4', "status": "accepted", "reason": None, "end_s": 2.5}
    assert len(rows) == 2


def test_the_summary(catalog: Path) -> None:
    assert query(catalog).splitlines() == [
        f"{catalog}: 2 sources, 2 clips, 5 s of video",
        "       1 accepted",
        "       1 rejected",
        "              1 no_face",
        "       0 failed",
    ]
    assert json.loads(query(catalog, "--json")) == {
        "clips": 2,
        "accepted": 1,
        "rejected": {"no_face": 1},
        "failed": {},
        "sources": 2,
        "video_seconds": 5.0,
        "accepted_seconds": 2.5,
    }


def test_a_wrong_catalog(tmp_path: Path) -> None:
    message = query(tmp_path / "nothing", ORDERED, expect=2)
    assert message.startswith(f"error: there is no catalog at {tmp_path}/nothing: make one with python jobs/extract.py")


def test_wrong_sql_is_one_message(catalog: Path) -> None:
    message = query(catalog, "select colour from clips", expect=2)
    assert message.startswith("error: ")
    assert "colour" in message
    assert "Traceback" not in message
