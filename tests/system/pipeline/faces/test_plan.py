"""The plan of a training measures, and leaves nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.faces.job import FaceJob
from pipeline.faces.plan import planned
from pipeline.faces.settings import FaceTraining, LossWeights
from tests.made.faces import moving_clip, stage_faces


@pytest.mark.slow
def test_a_plan_measures_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stage_faces(tmp_path / "catalog", *(moving_clip(who) for who in range(5)))
    out = tmp_path / "out"
    found = planned(FaceJob(str(tmp_path / "catalog"), str(out), FaceTraining(held_out_subjects=(1, 1))))
    assert not out.exists()
    assert (found.clips, found.subjects) == (3, 3)
    assert found.parameters["decoder"] == 868_540
    assert (found.losses["pose"], found.losses["source_fidelity"]) == (
        0,
        LossWeights().source_fidelity,
    )  # tiny's pose is read
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
