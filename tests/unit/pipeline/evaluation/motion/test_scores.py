"""The goals, in the order of the table."""

from __future__ import annotations

from pipeline.evaluation.goals import scores_text
from pipeline.evaluation.motion.scores import TARGETS, MotionScores


def test_scores_with_a_goal_come_first() -> None:
    goals = [bool(target.text()) for target in TARGETS.values()]
    assert goals == sorted(goals, reverse=True)
    assert {name: TARGETS[name].text() for name in ("opening", "opening_interviews", "dp", "trembling", "blinks")} == {
        "opening": ">= 0.72",
        "opening_interviews": ">= 0.58",
        "dp": "0.8 to 1.25",
        "trembling": "<= 1.5",
        "blinks": "10 to 35",
    }


def test_only_the_model_is_judged() -> None:
    text = scores_text({"model": MotionScores(opening=0.8, dp=1.3), "real": MotionScores(opening=0.98)}, ["model"])
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    assert lines["mouth opening followed"][-3:] == ["0.80", "+", "0.98"]
    assert lines["dP / real"][-2:] == ["1.30", "-"]
