"""The summaries a person reads: numbers that add up, and what to look at next."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from pipeline.extraction.result import Result
from pipeline.extraction.summary import catalog_text, summary_text

RESULT = Result(
    run_id="run",
    listed=7,
    decided_before=0,
    clips=9,
    accepted=4,
    rejected={"no_face": 2, "duplicate": 1},
    failed=2,
    unreachable=0,
    seconds=30.04,
    startup_seconds=10.04,
    video_seconds=40.0,
    catalog="/data/catalog",
    now={"accepted": 4, "rejected": 3, "failed": 2},
)
NOTHING = replace(RESULT, video_seconds=0.0, now={})


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
    lines = summary_text(replace(NOTHING, listed=1)).splitlines()
    assert lines[1] == "1 source listed, 9 clips"
    assert "  nothing was left to do (30.0 s)" in lines


def test_clips_of_an_older_recipe_are_told() -> None:
    assert "older" not in summary_text(RESULT)
    lines = summary_text(replace(RESULT, older=1)).splitlines()
    assert any(line.startswith("  beside these, 1 clip of an older recipe is left, and not shown") for line in lines)
    assert replace(RESULT, older=3).summary()["older"] == 3


def test_files_without_video_were_decided_all_the_same() -> None:
    sounds = replace(NOTHING, clips=2, accepted=0, rejected={}, failed=2, now={"failed": 2})
    text = summary_text(sounds)
    assert "  2 clips decided in 30.0 s, no video decoded" in text.splitlines()
    assert "nothing was left to do" not in text
    assert "before" not in text


def test_what_was_decided_now_is_told_from_what_was_before() -> None:
    found = replace(RESULT, now={"accepted": 1, "failed": 2})
    assert (
        "  decided now: 1 accepted, 0 rejected, 2 failed; before: 3 accepted, 3 rejected, 0 failed"
        in summary_text(found).splitlines()
    )
    assert found.summary()["now"] == {"accepted": 1, "rejected": 0, "failed": 2}
    assert found.summary()["before"] == {"accepted": 3, "rejected": 3, "failed": 0}


def test_commands_are_quoted_for_the_shell() -> None:
    lines = summary_text(replace(RESULT, catalog="/data/my 'faces'")).splitlines()
    assert shlex.split(lines[-2])[5] == "/data/my 'faces'"
    assert shlex.split(lines[-1])[5:] == ["/data/my 'faces'", "--out", "/data/my 'faces'/report.html"]
    assert "--out /data/faces/report.html" in summary_text(replace(RESULT, catalog="file:///data/faces"))


@pytest.mark.parametrize("reason", ["no_audio", "no_speech"])
def test_where_most_clips_are_silent_the_setting_is_named(reason: str) -> None:
    silent = replace(RESULT, accepted=1, rejected={reason: 5, "duplicate": 1}, failed=2)
    command = ["python", "jobs/extract.py", "--input", "my videos", "--catalog", "c"]
    lines = summary_text(silent, command).splitlines()
    at = lines.index("most clips have no sound or no speech; to take them all the same:")
    assert shlex.split(lines[at + 1]) == [*command, "--set", "speech.required=false", "--recompute"]
    again = summary_text(silent, [*command, "--recompute"]).splitlines()
    assert shlex.split(again[at + 1]) == [*command, "--recompute", "--set", "speech.required=false"]
    assert "--catalog /data/catalog --set speech.required=false" in summary_text(silent)
    assert "speech.required" not in summary_text(replace(silent, accepted=2, rejected={reason: 4, "duplicate": 1}))


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
        "unreachable": 0,
        "decided_before": 0,
        "now": {"accepted": 4, "rejected": 3, "failed": 2},
        "before": {"accepted": 0, "rejected": 0, "failed": 0},
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
