"""The table: the goals in their order, marks for what is judged, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from pipeline.evaluation.faces.table import TARGETS, Scores
from pipeline.evaluation.goals import Target, scores_json, scores_text


def test_goals_are_met_at_their_limit() -> None:
    assert Target("a", least=0.5).reached(0.5) is True
    assert Target("a", least=0.5).reached(0.49) is False
    assert Target("a", most=0.5).reached(0.5) is True
    assert Target("a", most=0.5).reached(-0.6) is True
    assert Target("a", most=0.5, size=True).reached(-0.6) is False
    assert Target("a", most=0.5).reached(None) is False
    assert Target("a").reached(3.0) is None
    between = Target("a", least=0.75, most=1.3)
    assert [between.reached(value) for value in (0.74, 0.75, 1.3, 1.31, None)] == [False, True, True, False, False]
    assert between.text() == "0.75 to 1.3"
    assert [Target("a", least=95).text(), Target("a", most=0.45).text(), Target("a").text()] == [">= 95", "<= 0.45", ""]


def test_scores_with_a_goal_come_first() -> None:
    goals = [bool(target.text()) for target in TARGETS.values()]
    assert goals == sorted(goals, reverse=True)
    assert sum(goals) == 35
    assert list(TARGETS) == [each.name for each in fields(Scores)]


def test_what_is_judged_is_marked() -> None:
    text = scores_text(
        {"model": Scores(psnr_gain=3.44, ssim=0.8, psnr=25.04), "copy": Scores(psnr_gain=0.0)}, ["model"]
    )
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    assert text.splitlines()[0].split() == ["score", "goal", "model", "copy"]
    assert lines["self: PSNR over copying, dB"][-3:] == ["3.44", "+", "0.00"]
    assert lines["self: SSIM at 64 pixels"][-2:] == ["0.800", "-"]
    assert lines["self: yaw followed"][-2:] == ["?", "-"]
    assert lines["self: PSNR, dB"][-1] == "25.0"


def test_json_has_every_score_and_who_reached_what() -> None:
    found = scores_json({"model": Scores(ssim=0.9), "copy": Scores(ssim=0.5)})
    assert json.loads(json.dumps(found)) == found
    assert found["scores"]["copy"]["ssim"] == 0.5
    assert found["goals"]["ssim"] == {"title": "self: SSIM at 64 pixels", "goal": ">= 0.82", "reached": ["model"]}
    assert set(found["goals"]) == set(TARGETS) == set(found["scores"]["model"])


def test_scores_are_all_unknown_at_first() -> None:
    assert all(getattr(Scores(), key) is None for key in TARGETS)
    with pytest.raises(TypeError):
        Scores(nose=1)  # type: ignore[call-arg]
