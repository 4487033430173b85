"""The plan of a training."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipeline.faces.job import FaceJob
from pipeline.faces.loss_networks import SUBSTITUTES
from pipeline.faces.plan import FacePlan, Lesson, plan_text, planned
from pipeline.faces.settings import FaceTraining, LossWeights
from tests.made.faces import moving_clip, stage_faces

PLAN = FacePlan(
    preset="tiny",
    parameters={"decoder": 2_000_000, "discriminator": 500_000},
    megabytes=904.0,
    gpu_megabytes=0.0,
    losses=asdict(replace(LossWeights(), gaze=0.0)),
    substitutes=SUBSTITUTES,
    clips=40,
    subjects=30,
    kept_out=(9, 4),
    steps_per_second=2.5,
    lessons={"reading landmarks": Lesson(4_000, 0.5), "learning warps": Lesson(1_500, 0.25)},
    hours=5.75,
)


def test_a_plan_names_every_loss_what_stands_in_and_what_is_left_out() -> None:
    lines = plan_text(PLAN).splitlines()
    assert lines[0] == "preset tiny, 2.0 million parameters"
    assert "40 clips of 30 subjects; 9 subjects kept for scores, 4 to choose by" in lines
    said = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert set(vars(LossWeights())) <= set(said)
    assert said["gaze"].endswith("left out")
    assert said["identity"].endswith("in place of ArcFace")
    assert "2.50 steps/s on one worker: 5.8 h for all, what is trained first too" in plan_text(PLAN)
    assert said["reading"].split() == ["reading", "landmarks", "4,000", "steps", "0.50", "h"]
    assert said["learning"].split() == ["learning", "warps", "1,500", "steps", "0.25", "h"]


@pytest.mark.slow
def test_a_plan_measures_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stage_faces(tmp_path / "catalog", *(moving_clip(who) for who in range(5)))
    out = tmp_path / "out"
    found = planned(FaceJob(str(tmp_path / "catalog"), str(out), FaceTraining(kept_out=(1, 1))))
    assert not out.exists()
    assert (found.clips, found.subjects) == (3, 3)
    assert found.parameters["decoder"] == 790_179
    assert (found.losses["pose"], found.losses["invented"]) == (0, LossWeights().invented)  # tiny's pose is read
    assert found.steps_per_second > 0.05
    assert {name: lesson.steps for name, lesson in found.lessons.items()} == {
        "reading landmarks": 4_000,
        "reading expressions": 4_000,
        "learning warps": 1_500,
    }
    # what is trained first takes a part of it that is measured, not nothing
    first = sum(lesson.hours for lesson in found.lessons.values())
    assert all(0.01 < lesson.hours < 50 for lesson in found.lessons.values())
    assert found.hours == pytest.approx(first + FaceTraining().steps / found.steps_per_second / 3600)
    assert 100 < found.megabytes < 4000
    assert json.dumps(asdict(found))
    assert capsys.readouterr().out == ""
