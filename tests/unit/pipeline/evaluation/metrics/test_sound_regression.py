"""A linear map from sound: what is linear in the frames around a frame is told, of clips that it was not fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.metrics.sound_regression import CONTEXT, SoundRegression


def clip(seed: int, late: int, frames: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Features [T, 5], and [T, 2] of which the first follows a feature so many frames late, the second none."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(frames, 5)).astype(np.float32)
    return features, np.stack([3 * np.roll(features[:, 2], late), random.normal(size=frames)], 1)


def fitted(late: int) -> SoundRegression:
    clips = [clip(seed, late) for seed in range(8)]
    return SoundRegression.fit([each[0] for each in clips], [each[1] for each in clips], np.arange(8) < 2)


@pytest.mark.parametrize("late", [-CONTEXT, 0, CONTEXT])
def test_what_happens_within_the_context_is_told(late: int) -> None:
    features, wanted = clip(100, late)
    inner = slice(CONTEXT, -CONTEXT)
    found = fitted(late)(features)
    assert found.shape == wanted.shape
    assert np.corrcoef(found[inner, 0], wanted[inner, 0])[0, 1] > 0.98
    assert found[inner, 0].std() == pytest.approx(wanted[inner, 0].std(), rel=0.2)
    assert abs(np.corrcoef(found[inner, 1], wanted[inner, 1])[0, 1]) < 0.25


def test_what_happens_beyond_it_is_not() -> None:
    features, wanted = clip(100, CONTEXT + 1)
    assert abs(np.corrcoef(fitted(CONTEXT + 1)(features)[20:-20, 0], wanted[20:-20, 0])[0, 1]) < 0.3


def test_scale_and_mean_of_the_features_are_of_no_account() -> None:
    clips = [clip(seed, 2) for seed in range(8)]
    scaled = SoundRegression.fit([1e3 * each[0] + 7 for each in clips], [each[1] for each in clips], np.arange(8) < 2)
    features, _ = clip(100, 2)
    assert scaled(1e3 * features + 7) == pytest.approx(fitted(2)(features), abs=1e-2)
