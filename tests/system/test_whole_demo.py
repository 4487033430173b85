"""The demo as a new user runs it: every verdict is there, and the documented questions have answers."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import catalogs
from benchmarks.questions import PAGE, QUESTION, answered
from catalogs.frames import open_frames
from models.face.camera import WHOLE
from pipeline.demo.samples import SAMPLES
from pipeline.faces.bundled_checkpoint import bundled_checkpoint
from pipeline.faces.decoding import decoded, stored_latents
from pipeline.faces.driving import driver_of
from pipeline.faces.face_crop import stored_views
from tests.made import runs

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder and what it printed."""
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, str(runs.ROOT / "jobs/demo.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return out, done.stdout


def test_every_sample_has_the_verdicts_it_was_made_for(demo: tuple[Path, str]) -> None:
    rows = catalogs.query(demo[0] / "catalog", "select * from clips order by source_uri, start_s").to_pylist()
    found: dict[str, list[str]] = {}
    for row in rows:
        verdict = row["reason"] if row["status"] == "rejected" else row["status"]
        found.setdefault(Path(row["source_uri"]).name, []).append(verdict)
    assert found == {sample.name: list(sample.verdicts) for sample in SAMPLES}


def test_the_summary_adds_up_and_names_the_report(demo: tuple[Path, str]) -> None:
    out, printed = demo
    counts = {word: int(number) for number, word in re.findall(r"^ +(\d+) (accepted|rejected|failed)$", printed, re.M)}
    clips = catalogs.query(out / "catalog", "select count(*) n from clips")["n"][0].as_py()
    assert sum(counts.values()) == clips
    assert printed.splitlines()[-1] == f"report:   {out / 'report.html'}"
    assert (out / "report.html").stat().st_size > 100_000
    bare = re.search(r"^duckdb: +(.*)$", printed, re.M)
    assert bare is not None
    assert catalogs.open(out / "catalog", read_only=False).sql(bare[1]).to_arrow_table().num_rows == counts["accepted"]


def test_every_accepted_clip_has_latents_that_draw_it(demo: tuple[Path, str]) -> None:
    """What is drawn is nearer to its own frame than the frame of another moment or of the other person is."""
    out, printed = demo
    assert printed.splitlines()[-2] == f"latents:  {out / 'latents.png'}"
    assert b"Synthetic: a video drawn again from its motion latents" in (out / "latents.png").read_bytes()
    store, drive = open_frames(out / "catalog", cache=out / "cache"), driver_of(bundled_checkpoint())
    sql = "select clip_id, len(dynamics) / 32 d from latents join clips using (clip_id) where status = 'accepted'"
    lengths = {row["clip_id"]: row["d"] for row in catalogs.query(out / "catalog", sql).to_pylist()}
    assert lengths == {clip.clip_id: clip.frames for clip in store.clips}
    off, apart = [], []
    for place, clip in enumerate(store.clips):
        drawn = decoded(drive, out / "catalog", clip.clip_id).astype(int)
        views = stored_views(store, place, range(clip.frames))
        true = np.stack([view.seen_from(WHOLE).picture for view in views]).astype(int)
        assert drawn.shape == true.shape
        off.append(np.abs(drawn - true).mean())
        apart.append(np.abs(np.roll(true, len(true) // 2, 0) - true).mean())
    assert max(off) < 20
    assert np.mean(off) < np.mean(apart)


def test_what_stored_latents_draw_is_what_the_frames_would(demo: tuple[Path, str]) -> None:
    """Half precision of latents, landmarks and WebP together: less than one of 255 levels on average."""
    out, _ = demo
    store, drive = open_frames(out / "catalog", cache=out / "cache"), driver_of(bundled_checkpoint())
    for place, clip in list(enumerate(store.clips))[:3]:
        latents = stored_latents(out / "catalog", clip.clip_id, drive.model)
        views = stored_views(store, place, range(clip.frames))
        source = views[latents.frontal]
        person = replace(drive.person(source.seen_from(WHOLE))[0], identity=drive.person(source)[0].identity)
        direct = drive.draw(person, drive.filmed(views)).astype(int)
        off = np.abs(decoded(drive, out / "catalog", clip.clip_id) - direct).mean()
        assert 0 < off < 1, (clip.source_uri, off)


def test_people_are_told_apart(demo: tuple[Path, str]) -> None:
    sql = "select regexp_extract(source_uri, '[^/]*$') clip, start_s, subject_id from clips where status = 'accepted'"
    rows = catalogs.query(demo[0] / "catalog", sql).to_pylist()
    who = {(row["clip"], row["start_s"] > 0): row["subject_id"] for row in rows}
    assert who["talking_woman.mp4", False] == who["scene_change.mp4", False]
    assert who["talking_man.mp4", False] == who["scene_change.mp4", True]
    assert len(set(who.values())) == 2


def test_documented_questions_have_answers(demo: tuple[Path, str]) -> None:
    page = PAGE.read_text()
    assert len(QUESTION.findall(page)) == 10
    again = answered(page, str(demo[0] / "catalog"))
    assert not re.search(r"```text\n(.*\n)*\(0 rows\)", again)


def test_the_question_of_the_readme_has_an_answer(demo: tuple[Path, str]) -> None:
    block = re.search(r'query.py --catalog demo/catalog "(.*?)"', (runs.ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    rows = catalogs.query(demo[0] / "catalog", block[1]).to_pylist()
    assert rows
    assert all(row["quality"] > 60 and abs(row["gaze_theta"]) < 10 for row in rows)
