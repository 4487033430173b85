"""Following is judged within clips: who somebody is earns nothing."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.metrics.within_clips import (
    amplitude,
    amplitudes,
    average,
    away,
    deviation,
    slope,
    within_clip_correlation,
)

GROUP = np.array([0, 0, 0, 7, 7, 7])
WANTED = np.array([1.0, 2.0, 3.0, 51.0, 52.0, 53.0])


def test_the_mean_of_a_clip_earns_nothing() -> None:
    assert within_clip_correlation(WANTED, WANTED + np.where(GROUP == 7, 900.0, 0.0), GROUP) == pytest.approx(1)
    assert within_clip_correlation(WANTED, np.array([3.0, 2.0, 1.0, 53.0, 52.0, 51.0]), GROUP) == pytest.approx(-1)
    known_only_by_clip = np.array([1.0, 1.0, 1.0, 52.0, 52.0, 52.0])
    assert within_clip_correlation(WANTED, known_only_by_clip, GROUP) == 0
    assert within_clip_correlation(known_only_by_clip, WANTED, GROUP) is None


def test_rounding_is_no_motion() -> None:
    still = np.array([0.1 + 0.2, 0.3, 0.3, 0.7, 0.7, 0.7])
    assert within_clip_correlation(WANTED, still, GROUP) == 0
    assert deviation(still, GROUP) == 0


def test_what_is_not_known_is_left_out() -> None:
    found = WANTED * 2
    found[[0, 5]] = np.nan
    assert within_clip_correlation(WANTED, found, GROUP) == pytest.approx(1)
    assert slope(WANTED, found, GROUP) == pytest.approx(2)
    assert away(WANTED, found) == pytest.approx(np.mean([2, 3, 51, 52]))
    assert within_clip_correlation(WANTED, np.full(6, np.nan), GROUP) is None
    assert deviation(np.full(6, np.nan), GROUP) is None
    assert average(np.full(6, np.nan)) is None


def test_deviation_is_within_clips() -> None:
    assert deviation(WANTED, GROUP) == pytest.approx(np.std([1, 2, 3]))


def test_slope_is_none_where_nothing_is_asked() -> None:
    assert slope(np.ones(6), WANTED, GROUP) is None
    assert slope(WANTED, np.ones(6), GROUP) == pytest.approx(0)


def test_amplitude_is_how_far_things_move_whenever_they_do() -> None:
    assert amplitude(WANTED, 0.25 * WANTED[::-1] + 40, GROUP) == pytest.approx(0.25)
    assert amplitude(WANTED, np.full(6, 3.0), GROUP) == 0
    assert amplitude(np.full(6, 3.0), WANTED, GROUP) is None
    lost = WANTED.copy()
    lost[0] = np.nan  # of what is wanted there nothing is counted either
    known = np.array([2.0, 3, 51, 52, 53])
    assert amplitude(WANTED, lost * 2, GROUP) == pytest.approx(2)
    assert amplitude(WANTED, np.append(np.nan, known), GROUP) == pytest.approx(1)


def test_amplitudes_are_of_clips_that_are_asked_to_move() -> None:
    group = np.repeat([0, 1, 2], 3)
    wanted = np.array([1.0, 2, 3, 1, 2, 3, 1, 1.01, 1])
    found = np.array([2.0, 4, 6, 0.5, 1, 1.5, 9, 1, 5])
    assert amplitudes(wanted, found, group) == pytest.approx([2, 0.5])
