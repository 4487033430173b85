"""What a generator is held against gives what it says."""

from __future__ import annotations

import numpy as np

from pipeline.evaluation.motion.baselines import another_clip, from_sound, mean_motion, real
from tests.made.talking import talking

CLIPS = [talking(0, 60), talking(0, 90, seed=1), talking(1, 40), talking(2, 80)]


def test_the_truth_is_the_clip_s_own_motion() -> None:
    (motion,) = real().motions(CLIPS[0])
    assert (motion == CLIPS[0].motion).all()


def test_the_mean_stands_still_where_the_training_is() -> None:
    (motion,) = mean_motion(CLIPS[2:]).motions(CLIPS[0])
    assert motion.shape == CLIPS[0].motion.shape
    assert np.ptp(motion, 0).max() == 0
    assert np.allclose(motion[0], np.concatenate([clip.motion for clip in CLIPS[2:]]).mean(0))


def test_another_s_is_the_next_clip_of_somebody_else_as_long_as_it_must_be() -> None:
    method = another_clip(CLIPS)
    (motion,) = method.motions(CLIPS[0])
    assert (motion[:40] == CLIPS[2].motion).all()
    assert (motion[40:60] == CLIPS[2].motion[-2:-22:-1]).all()  # to and fro
    (motion,) = method.motions(CLIPS[3])
    assert (motion[:60] == CLIPS[0].motion).all()
    assert list(another_clip(CLIPS[:2]).motions(CLIPS[0])) == []


def test_the_regression_follows_what_sound_tells() -> None:
    method = from_sound([talking(who) for who in range(12)])
    clip = talking(20)
    (motion,) = method.motions(clip)
    assert np.corrcoef(motion[10:-10, 6], clip.motion[10:-10, 6])[0, 1] > 0.95
    assert abs(np.corrcoef(motion[:, 7], clip.motion[:, 7])[0, 1]) < 0.4
