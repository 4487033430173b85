"""The plan of a training of motion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.motion.job import MotionJob
from pipeline.motion.plan import MotionPlan, plan_text, planned
from tests.unit.pipeline.motion.conftest import TRAINING

PLAN = MotionPlan(
    preset="tiny",
    parameters=5_400_000,
    window=50,
    previous=10,
    losses={"reconstruction": 1.0, "velocity": 0.0},
    clips=189,
    subjects=30,
    minutes=11.7,
    epoch=400,
    kept_out=(9, 4),
    left_out={"test": 14, "validation": 4, "skipped": 0},
    batch=16,
    megabytes=796.0,
    gpu_megabytes=0.0,
    steps_per_second=4.0,
    hours=4_000 / 4 / 3600,
)


def test_a_plan_says_sizes_clips_losses_and_how_long_it_takes() -> None:
    assert plan_text(PLAN).splitlines() == [
        "preset tiny, 5.4 million parameters; windows of 50 frames and the 10 before them",
        "",
        "189 clips of 30 subjects, 11.7 minutes: 400 windows an epoch, 160 epochs",
        "9 subjects kept for scores, 4 to choose by; clips left out: 14 of test, 4 of validation, 0 of skipped",
        "",
        "losses and what they weigh",
        "  reconstruction       1",
        "  velocity             0  left out",
        "",
        "796 MB",
        "4.00 steps/s of one worker: 0.3 h for all 4,000 steps of 16 windows",
        "nothing was kept: leave out --plan to train",
    ]
    assert "796 MB, 2,000 MB of the GPU's" in plan_text(replace(PLAN, gpu_megabytes=2_000.0))


@pytest.mark.usefixtures("cache")
def test_a_plan_measures_and_leaves_nothing(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = planned(MotionJob(str(planted), str(out), training=replace(TRAINING, batch=2, steps=1_000)))
    assert not out.exists()
    assert (found.preset, found.window, found.previous, found.batch) == ("tiny", 50, 10, 2)
    assert 5e6 < found.parameters < 6e6
    assert (found.clips, found.subjects, found.kept_out) == (7, 7, (2, 3))
    assert found.left_out == {"test": 2, "validation": 3, "skipped": 0}
    assert found.minutes == pytest.approx(7 * 40 / 25 / 60)
    assert found.hours == pytest.approx(1_000 / found.steps_per_second / 3600)
    assert found.megabytes > 100
