"""The plan of a training."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from made_faces import moving_clip, stage_faces

from pipeline.faces.job import FaceJob
from pipeline.faces.judges import SUBSTITUTES
from pipeline.faces.plan import FacePlan, plan_text, planned
from pipeline.faces.settings import FaceTraining, LossWeights

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
    hours=5.0,
)


def test_a_plan_names_every_loss_what_stands_in_and_what_is_left_out() -> None:
    lines = plan_text(PLAN).splitlines()
    assert lines[0] == "preset tiny, 2.0 million parameters"
    assert "40 clips of 30 subjects; 9 subjects kept for scores, 4 to choose by" in lines
    said = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert set(vars(LossWeights())) <= set(said)
    assert said["gaze"].endswith("left out")
    assert said["identity"].endswith("in place of ArcFace")
    assert "2.50 steps/s on one worker: 5.0 h for all" in plan_text(PLAN)


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
    assert found.hours == pytest.approx(FaceTraining().steps / found.steps_per_second / 3600)
    assert 100 < found.megabytes < 4000
    assert json.dumps(asdict(found))
    assert capsys.readouterr().out == ""
