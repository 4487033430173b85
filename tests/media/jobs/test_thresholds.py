"""Other thresholds on a catalog of real clips: decided again from its labels, without decoding; and --label-all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import catalogs
from tests.made.here import extract
from tests.made.runs import rows

pytestmark = pytest.mark.slow

CLIPS = ("talking_man.mp4", "talking_man_copy.mp4", "scene_change.mp4", "two_people.mp4", "short.mp4", "truncated.mp4")


def test_verdicts_follow_the_thresholds_and_come_back(samples: Path, tmp_path: Path) -> None:
    folder, catalog = tmp_path / "clips", tmp_path / "catalog"
    folder.mkdir()
    for name in CLIPS:
        shutil.copy2(samples / name, folder)
    first = extract(catalog, "--input", folder)
    assert (first["accepted"], first["failed"]) == (3, 1)
    before = {table: rows(catalog, table) for table in ("clips", "latents")}
    strict = extract(catalog, "--input", folder, "--set", "quality.minimum=99")
    assert (strict["accepted"], strict["decided_again"], strict["video_seconds"]) == (0, 7, 0)
    assert strict["rejected"]["low_quality"] == 3
    back = extract(catalog, "--input", folder)
    assert (back["accepted"], back["decided_again"], back["video_seconds"]) == (3, 7, 0)
    assert {table: rows(catalog, table) for table in before} == before
    everything = extract(catalog, "--input", folder, "--label-all")
    assert (everything["accepted"], everything["rejected"]) == (back["accepted"], back["rejected"])
    sql = "select reason from clips where status = 'rejected' and gaze_theta is not null"
    assert {row["reason"] for row in catalogs.query(catalog, sql).to_pylist()} == {"several_faces", "too_short"}
