"""jobs/query.py : a table, CSV, JSON lines, or the summary."""

from __future__ import annotations

import csv
import io
import json
import shutil
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


def test_several_statements_are_all_shown(query: Callable[..., Any]) -> None:
    done = query("select 1 as a; select status from clips order by status; select 3 as c")
    assert done.code == 0
    assert done.out.splitlines() == [
        *("a", "-", "1", "(1 row)", ""),
        *("status", "--------", "accepted", "rejected", "(2 rows)", ""),
        *("c", "-", "3", "(1 row)"),
    ]
    for form in ("--csv", "--json"):
        done = query("select 1; select 2", form)
        assert (done.code, done.out) == (2, "")
        assert "one statement, not of 2" in done.err


def test_views_cannot_be_changed(query: Callable[..., Any]) -> None:
    for sql in ("drop view clips", "create or replace view clips as select 1 as a", "attach ':memory:' as clips"):
        done = query(f"{sql}; select count(*) from clips")
        assert (done.code, done.out) == (2, "")
        assert sql.split()[0].upper() in done.err


def test_arguments_that_contradict_each_other(query: Callable[..., Any]) -> None:
    done = query("select 1", "--csv", "--json")
    assert (done.code, done.out) == (2, "")
    assert "exclude each other" in done.err
    assert query("--csv").code == 2
    done = query("")
    assert (done.code, done.out) == (2, "")
    assert "the SQL is empty" in done.err


def test_a_refused_copy_says_how_to_write(query: Callable[..., Any], tmp_path: Path) -> None:
    done = query(f"copy clips to '{tmp_path}/a.csv'")
    assert (done.code, done.out) == (2, "")
    assert "--csv ... > FILE" in done.err
    assert not (tmp_path / "a.csv").exists()


def test_wide_cuts_nothing(query: Callable[..., Any]) -> None:
    sql = "select range(40) as l, repeat('x', 200) as t"
    assert "40 values" in query(sql).out
    line = query(sql, "--wide").out.splitlines()[2]
    assert line == f"[{', '.join(map(str, range(40)))}]  {'x' * 200}"


def test_json_is_valid_and_csv_has_json_in_its_fields(query: Callable[..., Any]) -> None:
    sql = "select 'nan'::float as n, ['inf'::float] as l, {'a': 'nan'::double} as s"
    assert query(sql, "--json").out == '{"n": null, "l": [null], "s": {"a": null}}\n'
    assert list(csv.reader(io.StringIO(query(sql, "--csv").out)))[1] == ["nan", "[null]", '{"a": null}']


def test_clips_of_an_older_recipe_are_told(job: Callable[..., Any], catalog: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(catalog, tmp_path / "catalog"))
    assert job("query", "--catalog", root, "select count(*) from clips").err == ""
    catalogs.Writer.open(root, {"a": 1}, "s", recompute=True).close()
    done = job("query", "--catalog", root, "select count(*) n from clips", "--json")
    assert done.out == '{"n": 0}\n'
    assert done.err.startswith("note: 2 clips of an older recipe are left, and not shown: view older_clips has them")
    assert job("query", "--catalog", root, "select count(*) n from older_clips", "--json").out == '{"n": 2}\n'
    done = job("query", "--catalog", root)
    assert done.out.splitlines()[-1].startswith("beside these, 2 clips of an older recipe are left")
    assert json.loads(job("query", "--catalog", root, "--json").out)["older"] == 2


def test_its_help_names_all_views(job: Callable[..., Any]) -> None:
    said = " ".join(job("query", "--help").out.split())
    for view in ("clips", "latents", "previews", "frames", "runs", "metrics", "older_clips"):
        assert view in said
