"""From clips to scores: what is weighted by length, what is not, and ratios to the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.evaluation.motion.measures import ClipFigures
from pipeline.evaluation.motion.summary import summary

SHORT = ClipFigures(75, True, np.array([0.9, 0.5, 0.8]), 0.2, 0.2, 0.1, 1.0, 1)
LONG = ClipFigures(225, False, np.array([0.5, 0.3, 0.4]), 0.1, 0.4, 0.3, 3.0, 5)


def test_clips_count_by_their_length_and_alike() -> None:
    found = summary([SHORT, LONG], [SHORT, LONG])
    assert found.opening == pytest.approx(0.25 * 0.9 + 0.75 * 0.5)
    assert (found.jaw, found.width) == (pytest.approx(0.25 * 0.8 + 0.75 * 0.4), pytest.approx(0.25 * 0.5 + 0.75 * 0.3))
    assert found.opening_clips == pytest.approx(0.7)
    assert (found.opening_interviews, found.opening_sentences) == (pytest.approx(0.5), pytest.approx(0.9))
    assert found.blinks == pytest.approx(6 / 0.2)
    assert (found.dp, found.trembling, found.travel, found.opening_amplitude) == (1, 1, 1, 1)


def test_motion_is_held_against_the_truth() -> None:
    twice = [replace(each, pose_delta=2 * each.pose_delta, jitter=3 * each.jitter) for each in (SHORT, LONG)]
    found = summary(twice, [SHORT, LONG])
    assert (found.dp, found.trembling, found.travel) == (pytest.approx(2), pytest.approx(3), pytest.approx(1))
    assert found.pose_delta == pytest.approx(0.25 * 0.4 + 0.75 * 0.8)


def test_windows_are_counted_over_all_clips() -> None:
    figures = [replace(SHORT, windows=(1, 2)), replace(LONG, windows=(8, 8))]
    assert summary(figures, figures).in_step == pytest.approx(90)


def test_what_no_clip_has_is_not_known() -> None:
    found = summary([SHORT], [SHORT])
    assert found.opening_interviews is None
    assert (found.in_step, found.seam_pose, found.spread_pose, found.likeness) == (None, None, None, None)
    still = replace(SHORT, pose_delta=0.0)
    assert summary([SHORT], [still]).dp is None
    with pytest.raises(ValueError, match="no clips to sum up"):
        summary([], [])


def test_seams_and_spread_are_of_the_clips_that_have_them() -> None:
    figures = [replace(LONG, seams=(1.4, 1.6), spread=(0.2, 0.4), spread_within=0.5), replace(SHORT, spread=(0.4, 0.2))]
    found = summary(figures, figures)
    assert (found.seam_dynamics, found.seam_pose) == (1.4, 1.6)
    assert (found.spread_pose, found.spread_dynamics) == (pytest.approx(0.3), pytest.approx(0.3))
    assert found.spread_pose_within == 0.5
