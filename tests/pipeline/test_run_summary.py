"""The summaries a person reads: numbers that add up, and what to look at next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.extraction import Result
from pipeline.summary import catalog_text, summary_text

RESULT = Result(
    run_id="run",
    listed=7,
    decided_before=0,
    clips=9,
    accepted=4,
    rejected={"no_face": 2, "duplicate": 1},
    failed=2,
    seconds=30.04,
    startup_seconds=10.04,
    video_seconds=40.0,
    catalog="/data/catalog",
)


def test_summary_of_a_run() -> None:
    lines = summary_text(RESULT).splitlines()
    assert lines[:8] == [
        "",
        "7 sources listed, 9 clips",
        "       4 accepted",
        "       3 rejected",
        "              2 no_face",
        "              1 duplicate",
        "       2 failed",
        "  40 s of video in 30.0 s: 2.0 video s/s after 10.0 s of start-up",
    ]
    assert lines[-2].startswith('ask it:  python jobs/query.py --catalog /data/catalog "select status, reason,')
    assert lines[-1] == "look at: python jobs/report.py --catalog /data/catalog --out /data/catalog/report.html"


def test_summary_of_a_run_that_found_everything_decided() -> None:
    lines = summary_text(replace(RESULT, video_seconds=0.0, listed=1, clips=9)).splitlines()
    assert lines[1] == "1 source listed, 9 clips"
    assert "  nothing was left to do (30.0 s)" in lines


def test_clips_of_an_older_recipe_are_told() -> None:
    assert "older" not in summary_text(RESULT)
    lines = summary_text(replace(RESULT, older=1)).splitlines()
    assert any(line.startswith("  beside these, 1 clip of an older recipe is left, and not shown") for line in lines)
    assert replace(RESULT, older=3).summary()["older"] == 3


def test_a_summary_that_does_not_add_up_is_an_error() -> None:
    with pytest.raises(AssertionError):
        summary_text(replace(RESULT, clips=10))


def test_the_json_summary_has_the_promised_fields() -> None:
    assert RESULT.summary() == {
        "listed": 7,
        "clips": 9,
        "accepted": 4,
        "rejected": {"no_face": 2, "duplicate": 1},
        "failed": 2,
        "decided_before": 0,
        "seconds": 30.04,
        "startup_seconds": 10.04,
        "video_seconds": 40.0,
        "catalog": "/data/catalog",
        "run_id": "run",
    }


def test_summary_of_a_catalog() -> None:
    counts = {
        "clips": 4,
        "accepted": 1,
        "rejected": {"no_face": 1},
        "failed": {"unreadable": 1, "crashed": 1},
        "sources": 1,
        "video_seconds": 12.4,
        "accepted_seconds": 5.0,
    }
    assert catalog_text("/data/catalog", counts).splitlines() == [
        "/data/catalog: 1 source, 4 clips, 12 s of video",
        "       1 accepted",
        "       1 rejected",
        "              1 no_face",
        "       2 failed",
    ]
