"""jobs/compare.py: tables and a page, or one line of JSON; two catalogs, no more and no fewer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogs import Writer
from tests.made.compare_samples import RECIPE_B, build, row


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four clips of which B lacks one and refuses one."""
    folder = tmp_path_factory.mktemp("compared")
    rows = [row(n, quality=50.0 + n) for n in range(4)]
    theirs = [one | {"quality": one["quality"] - 5} for one in rows[:2]]
    refused = row(2, "rejected", "no_face")
    return build(folder / "a", rows), build(folder / "b", [*theirs, refused], RECIPE_B)


@pytest.fixture
def compare(job: Callable[..., Any], catalogs: tuple[Path, Path]) -> Callable[..., Any]:
    return lambda *arguments: job("compare", "--catalog", catalogs[0], "--catalog", catalogs[1], *arguments)


def test_tables_and_a_page(compare: Callable[..., Any], catalogs: tuple[Path, Path], tmp_path: Path) -> None:
    done = compare("--out", tmp_path / "page" / "c.html")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"A: {catalogs[0]}, 4 clips")
    assert lines[1].startswith(f"B: {catalogs[1]}, 3 clips")
    assert "verdicts: the same for 2 of 3 clips (67%)" in lines
    assert "labels of the 2 clips that both accepted" in lines
    assert lines[-1] == f"look at: {tmp_path}/page/c.html"
    assert (tmp_path / "page" / "c.html").read_text().startswith("<!doctype html>")


def test_one_line_of_json(compare: Callable[..., Any], catalogs: tuple[Path, Path], tmp_path: Path) -> None:
    done = compare("--json", "--out", tmp_path / "c.html")
    assert done.code == 0
    assert done.out.count("\n") == 1
    found = json.loads(done.out)
    assert (found["a"]["catalog"], found["a"]["clips"]) == (str(catalogs[0]), 4)
    assert (found["both"], found["both_accepted"]) == (3, 2)
    assert found["only_a"] == {
        "absent": 1,
        "cut": 0,
        "copy": 0,
        "list": [
            {
                "source_uri": "/videos/clip_00003.mp4",
                "start_s": 0.0,
                "end_s": 7.0,
                "verdict": "accepted",
                "why": "absent",
            }
        ],
    }
    assert found["recipe"] == [{"parameter": "quality.minimum", "a": "30.0", "b": "0.0"}]
    assert found["verdicts"] == {
        "clips": 3,
        "same": 2,
        "table": [
            {"a": "accepted", "b": "accepted", "clips": 2},
            {"a": "accepted", "b": "rejected no_face", "clips": 1},
        ],
    }
    assert found["labels"]["quality"] == {
        "n": 2,
        "only_a": 0,
        "only_b": 0,
        "pearson": 1.0,
        "spearman": 1.0,
        "mean_a": 50.5,
        "mean_b": 45.5,
        "mean_difference": -5.0,
        "mean_absolute_difference": 5.0,
    }
    assert found["labels"]["emotion.contempt"]["pearson"] is None
    assert found["page"] == str(tmp_path / "c.html")
    assert Path(found["page"]).is_file()


def test_no_page_is_written_unasked(
    compare: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = compare()
    assert "labels of the 2 clips that both accepted" in done.out
    assert done.out.splitlines()[-1].endswith("--out compare.html")
    assert json.loads(compare("--json").out)["page"] is None
    assert not list(tmp_path.iterdir())


def test_catalogs_that_share_nothing_say_so(job: Callable[..., Any], tmp_path: Path) -> None:
    a = build(tmp_path / "a", [row(n) for n in range(3)])
    b = build(tmp_path / "b", [row(10 + n) for n in range(2)], RECIPE_B)
    done = job("compare", "--catalog", a, "--catalog", b, "--out", tmp_path / "c.html")
    assert done.code == 0
    lines = done.out.splitlines()
    assert "0 clips in both" in lines
    assert any(line.startswith("nothing to compare: no clip is in both. A clip is the same bytes") for line in lines)
    assert not any(line.startswith(("label", "quality ", "emotion.", "frames", "subjects")) for line in lines)
    assert "3 clips in A alone: 3 with bytes that the other catalog does not have" in lines
    page = (tmp_path / "c.html").read_text()
    assert "Nothing to compare: no clip is in both." in page
    assert 'id="labels"' not in page
    assert "<svg" not in page
    found = json.loads(job("compare", "--catalog", a, "--catalog", b, "--json").out)
    assert found["nothing"].startswith("nothing to compare")


def test_catalogs_that_accepted_nothing_together(job: Callable[..., Any], tmp_path: Path) -> None:
    a = build(tmp_path / "a", [row(n) for n in range(3)])
    b = build(tmp_path / "b", [row(n, "rejected", "no_face") for n in range(3)], RECIPE_B)
    lines = job("compare", "--catalog", a, "--catalog", b).out.splitlines()
    assert "verdicts: the same for 0 of 3 clips (0%)" in lines
    assert "no labels to compare: no clip was accepted by both" in lines
    assert not any(line.startswith(("labels", "label ", "quality ", "distance ")) for line in lines)


def test_clips_of_an_older_recipe_are_left_out(job: Callable[..., Any], tmp_path: Path) -> None:
    a, b = (build(tmp_path / name, [row(n) for n in range(2)]) for name in "ab")
    Writer.open(b, RECIPE_B, "new", recompute=True).close()
    lines = job("compare", "--catalog", a, "--catalog", b).out.splitlines()
    assert lines[1] == f"B: {b}, 0 clips, recipe new (open); 2 clips of an older recipe left out"
    assert "0 clips in both" in lines


@pytest.mark.parametrize("number", [0, 1, 3])
def test_two_catalogs_are_required(job: Callable[..., Any], tmp_path: Path, number: int) -> None:
    given = [argument for _ in range(number) for argument in ("--catalog", "somewhere")]
    done = job("compare", *given, "--out", tmp_path / "c.html")
    assert done.code == 2
    assert done.err.startswith(f"error: two catalogs are compared, not {number} (")
    assert done.err.endswith("give --catalog A --catalog B\n")
    assert not list(tmp_path.iterdir())


def test_a_catalog_that_is_not_there(job: Callable[..., Any], catalogs: tuple[Path, Path], tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    done = job("compare", "--catalog", catalogs[0], "--catalog", missing, "--out", tmp_path / "c.html")
    assert done.code == 2
    assert done.err.startswith(f"error: there is no catalog at {missing}")
    assert not list(tmp_path.iterdir())


def test_a_page_that_cannot_be_written(compare: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = compare("--out", tmp_path / "file" / "c.html")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: --out {tmp_path}/file/c.html: {tmp_path}/file is no folder")


def test_a_submitted_job_refuses_relative_paths(
    job: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")
    done = job("compare", "--catalog", tmp_path, "--catalog", "relative")
    assert done.code == 2
    assert done.err.startswith("error: --catalog relative: a submitted job runs in a copy")
