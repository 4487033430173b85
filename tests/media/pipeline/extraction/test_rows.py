"""Verdicts as rows: exactly the catalog's schemas, and one row for everything that was listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalogs.schema import FAILED_REASONS, TABLES
from catalogs.staging import stage_span
from pipeline.extraction.clip_runner import Verdict
from pipeline.extraction.rows import clip_row, duplicate, failed, tables, unreadable
from pipeline.extraction.tasks import SpanTask, clip_id
from stages.clip import Clip
from stages.preview.thumbs import thumb
from stages.video.pyav import read_header
from stages.video.reader import Frames
from tests.made import faulty

JOB = SpanTask("/a.mp4", "a" * 32, "c" * 32, 2, 5, 4.0, 6.0, "Ann", "test")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = str(faulty.tiny_video(tmp_path_factory.mktemp("rows") / "clip.mp4", seconds=6))
    found = Clip(path, read_header(path), 4.0, 6.0, Frames(iter(())))
    return found.add(frames=3, width=64, emotion={"anger": 0.5}, face_vector=faulty.person("ann")).add_arrays(
        pose=np.ones((3, 6)), gaze=np.zeros((3, 2)), audio=np.full((3, 320), 2.0)
    )


def verdict(clip: Clip, status: str = "accepted", reason: str | None = None) -> Verdict:
    detail = None if status == "accepted" else f"because of {reason}"
    return Verdict(clip, status, reason, detail, {"probe": 0.25, "track": 1.0})  # type: ignore[arg-type]


def test_an_accepted_clip_has_a_row_in_each_table(clip: Clip) -> None:
    found = tables([verdict(clip)], JOB, "fingerprint", "run", opening=0.5)
    for name, table in found.items():
        assert table.schema.equals(TABLES[name], check_metadata=True)
        assert table.num_rows == 1
    row = found["clips"].to_pylist()[0]
    expected = {
        "clip_id": clip_id("c" * 32, 4.0, 6.0),
        "source_uri": "/a.mp4",
        "source_key": "a" * 32,
        "content": "c" * 32,
        "span_index": 2,
        "span_count": 5,
        "start_s": 4.0,
        "end_s": 6.0,
        "subject_id": "Ann",
        "split": "test",
        "status": "accepted",
        "reason": None,
        "detail": None,
        "recipe": "fingerprint",
        "run_id": "run",
        "frames": 3,
    }
    assert {name: row[name] for name in expected} == expected
    assert dict(row["seconds"]) == {
        "survey": 0.5,
        "probe": 0.25,
        "track": 1.0,
    }
    latents = found["latents"].to_pylist()[0]
    assert (latents["clip_id"], latents["frames"]) == (row["clip_id"], 3)
    assert [len(latents[name]) for name in ("pose", "gaze", "audio")] == [18, 6, 960]
    assert latents["audio"][0] == 2.0


def test_frames_stand_in_a_table_of_their_own_where_a_stage_stored_them(clip: Clip) -> None:
    stored = {
        "size": 96,
        "crops": [b"a", b"b", b"c"],
        "landmarks": np.full((3, 1404), 0.5, np.float16),
        "eyes": np.full((3, 6), 0.25, np.float16),
        "seen": np.array([True, False, True]),
        "camera": np.full((3, 3), 0.5, np.float16),
    }
    with_frames = replace(clip, stored=stored)
    rejected = replace(with_frames, start_s=5.0)
    found = tables([verdict(with_frames), verdict(rejected, "rejected", "no_face")], JOB, "f", "r")
    assert found["frames"].schema.equals(TABLES["frames"], check_metadata=True)
    (row,) = found["frames"].to_pylist()
    assert row["clip_id"] == found["latents"]["clip_id"][0].as_py()
    assert (row["frames"], row["size"], row["crops"]) == (3, 96, [b"a", b"b", b"c"])
    assert row["landmarks"] == [0.5] * 3 * 1404
    assert row["seen"] == [True, False, True]
    assert "frames" not in tables([verdict(clip)], JOB, "f", "r")


def test_parts_of_a_span_share_its_place_and_only_the_first_has_the_opening(clip: Clip) -> None:
    second = replace(clip, start_s=5.0)
    found = tables([verdict(replace(clip, end_s=5.0)), verdict(second, "rejected", "too_short")], JOB, "f", "r", 0.5)
    rows = found["clips"].to_pylist()
    assert [(row["start_s"], row["end_s"], row["span_index"]) for row in rows] == [(4.0, 5.0, 2), (5.0, 6.0, 2)]
    assert rows[0]["clip_id"] != clip_id("c" * 32, 4.0, 5.0)  # that of a span which is listed with these times
    assert len({row["clip_id"] for row in rows}) == 2
    assert [dict(row["seconds"]).get("survey") for row in rows] == [0.5, None]
    assert [row["status"] for row in rows] == ["accepted", "rejected"]
    assert found["latents"]["clip_id"].to_pylist() == [rows[0]["clip_id"]]
    assert found["previews"]["clip_id"].to_pylist() == [row["clip_id"] for row in rows]


def test_previews_show_what_was_seen(clip: Clip) -> None:
    def sheet(item: Verdict) -> bytes | None:
        return tables([item], JOB, "f", "r")["previews"]["sheet"][0].as_py()

    seen = replace(clip, thumbs=(thumb(0, np.zeros((48, 64, 3), np.uint8)),))
    assert sheet(verdict(seen))[:2] == b"\xff\xd8"  # type: ignore[index]
    assert sheet(verdict(clip, "failed", "error")) is None
    whole = replace(clip, start_s=0.0)
    rejected = sheet(verdict(whole, "rejected", "no_face"))  # what was never decoded shows its key frames
    assert rejected is not None
    assert rejected[:2] == b"\xff\xd8"


def test_a_row_never_lacks_the_job_even_where_a_stage_says_otherwise(clip: Clip) -> None:
    row = clip_row(verdict(clip.add(subject_id="Eve", status="odd"), "rejected", "no_face"), JOB, "f", "r")
    assert (row["subject_id"], row["status"], row["reason"]) == ("Ann", "rejected", "no_face")
    assert row["detail"] == "because of no_face"


def test_rows_without_a_clip(tmp_path: Path) -> None:
    (tmp_path / "_work").mkdir()
    job = replace(JOB, span_index=0, span_count=1)
    lone = {
        "failed": failed(job, "f", "r", "crashed", "died"),
        "copy": duplicate(replace(job, source_key="b" * 32), "f", "r", "/first.mp4"),
        "text": unreadable(replace(job, source_key="d" * 32), "f", "r", "unreadable", "is text", has_content=True),
        "gone": unreadable(
            replace(job, source_key="e" * 32, content=""), "f", "r", "unreachable", "not there", has_content=False
        ),
    }
    rows = {name: found["clips"].to_pylist()[0] for name, found in lone.items()}
    assert {name: (row["status"], row["reason"], row["detail"]) for name, row in rows.items()} == {
        "failed": ("failed", "crashed", "died"),
        "copy": ("rejected", "duplicate", "same bytes as /first.mp4"),
        "text": ("failed", "unreadable", "is text"),
        "gone": ("failed", "unreachable", "not there"),
    }
    assert {name: row["content"] for name, row in rows.items()} == {
        "failed": "c" * 32,
        "copy": "c" * 32,
        "text": "c" * 32,
        "gone": None,
    }
    assert len({row["clip_id"] for row in rows.values()}) == 4
    assert all(row["reason"] in FAILED_REASONS for row in rows.values() if row["status"] == "failed")
    assert {(row["start_s"], row["end_s"]) for row in rows.values()} == {(4.0, 6.0)}
    for found in lone.values():
        assert found["latents"].num_rows == found["previews"].num_rows == 0
        stage_span(tmp_path, found["clips"]["source_key"][0].as_py(), 0, found)
