"""What is measured of a clip, in motion of which it is known."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.motion.measures import Measures, Scale
from pipeline.evaluation.motion.readout import FaceReadout
from tests.made.talking import BLINK_EVERY, talking

TRAINING = [talking(who) for who in range(6)]
MEASURES = Measures(FaceReadout.fit(TRAINING), Scale.of(TRAINING))
CLIP = talking(9, 200)


def test_the_truth_follows_itself() -> None:
    found = MEASURES.figures(CLIP, [CLIP.motion])
    assert (found.frames, found.sentence) == (200, False)
    assert found.followed == pytest.approx([1, 1, 1], abs=0.02)
    assert found.blinks == 200 // BLINK_EVERY
    assert found.spread is None
    assert found.windows is None
    assert found.seams is None


def test_motion_that_stands_still_follows_nothing() -> None:
    found = MEASURES.figures(CLIP, [np.repeat(CLIP.motion[:1], 200, 0)])
    assert found.followed.tolist() == [0, 0, 0]
    assert (found.pose_delta, found.jitter, found.blinks) == (0, 0, 0)
    assert found.travel == pytest.approx(0.0, abs=1e-5)


def test_samples_are_scored_one_by_one() -> None:
    """The mean of two opposite samples would follow nothing; each does, to 1 and to -1."""
    upside_down = CLIP.motion * -1
    found = MEASURES.figures(CLIP, [CLIP.motion, CLIP.motion, upside_down])
    assert found.followed == pytest.approx([1 / 3] * 3, abs=0.02)


def test_spread_is_the_deviation_over_samples_in_the_training_s() -> None:
    apart = np.zeros_like(CLIP.motion)
    apart[:, :3] = 0.5 * MEASURES.scale.total[:3]
    apart[:, 6:] = 0.25 * MEASURES.scale.total[6:]
    found = MEASURES.figures(CLIP, [CLIP.motion - apart, CLIP.motion + apart])
    assert found.spread == pytest.approx((0.5, 0.25), rel=1e-4)
    ratio = (MEASURES.scale.total / MEASURES.scale.within)[:3].mean()
    assert found.spread_within == pytest.approx(0.5 * ratio, rel=1e-4)


def test_scale_tells_what_clips_share_from_what_they_do_not() -> None:
    assert (MEASURES.scale.total >= MEASURES.scale.within - 1e-6).all()
    assert MEASURES.scale.within[1] == pytest.approx(2.0, rel=0.05)
    assert MEASURES.scale.total[1] > 1.5 * MEASURES.scale.within[1]


def test_a_jump_where_windows_meet_is_seen_in_what_jumps() -> None:
    motion = CLIP.motion.copy()
    motion[95:, 6:] += 10 * MEASURES.scale.total[6:]
    found = MEASURES.figures(CLIP, [motion], (100, 5))
    assert found.seams is not None
    dynamics, pose = found.seams
    assert dynamics > 5
    assert pose < 4
