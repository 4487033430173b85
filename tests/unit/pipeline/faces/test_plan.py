"""The plan of a training."""

from __future__ import annotations

from dataclasses import asdict, replace

from pipeline.faces.loss_networks import SUBSTITUTES
from pipeline.faces.plan import FacePlan, Lesson, plan_text
from pipeline.faces.settings import LossWeights

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
