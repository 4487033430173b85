"""Which frames a step sees."""

from __future__ import annotations

import numpy as np
import pytest

from models.face.landmarks import pose_and_expression
from pipeline.faces.sampling import Sampler, chances, lips_apart
from tests.made.faces import Pose, landmarks_in


@pytest.fixture
def sampler() -> Sampler:
    """Ann has nine clips, Bob and Cy one each; frame 3 of each clip is never drawn."""
    odds = np.array([1, 2, 1, 0, 4, 1.0])
    return Sampler(["Ann"] * 9 + ["Bob", "Cy"], [odds / odds.sum()] * 11, seed=5)


def test_a_step_is_always_the_same(sampler: Sampler) -> None:
    again = Sampler(sampler.subjects, sampler.chances, sampler.seed)
    assert [sampler.units(step, 4) for step in (7, 3)] == [again.units(step, 4) for step in (7, 3)]
    assert sampler.units(7, 4) != sampler.units(8, 4)
    assert Sampler(sampler.subjects, sampler.chances, 6).units(7, 4) != sampler.units(7, 4)


def test_units_are_numbered_through(sampler: Sampler) -> None:
    assert [unit.number for step in (0, 1) for unit in sampler.units(step, 3)] == list(range(6))


def test_subjects_differ_within_a_unit_and_frames_within_a_clip(sampler: Sampler) -> None:
    for unit in sampler.units(0, 300):
        one, other = (sampler.subjects[clip] for clip, _, _ in unit.clips)
        assert one != other
        for _, i, j in unit.clips:
            assert i != j
            assert 3 not in (i, j)


def test_how_often_clips_and_frames_are_drawn(sampler: Sampler) -> None:
    """A subject of nine clips as first of a unit as often as three of one; rare frames more often."""
    units = sampler.units(0, 3000)
    first = [sampler.subjects[unit.clips[0][0]] for unit in units]
    assert first.count("Ann") / len(first) == pytest.approx(3 / 5, abs=0.04)
    frames = np.bincount([frame for unit in units for _, *both in unit.clips for frame in both], minlength=6)
    assert frames[4] > frames[1] > frames[0] > frames[3] == 0


def test_rare_frames_have_better_chances_and_unseen_ones_none() -> None:
    poses = [Pose()] * 20 + [Pose(yaw=25), Pose(jaw=1), Pose(), Pose()]
    landmarks = np.stack([landmarks_in(pose) for pose in poses])
    eyes, camera = np.tile([0.3, 0, 0], (24, 2, 1)), np.tile([0.0, 0, 1], (24, 1))
    eyes[22, :, 0] = 0.05
    camera[23, 0] = 0.2
    seen = np.ones(24, bool)
    seen[0] = False
    found = chances(landmarks, pose_and_expression(landmarks)[0], eyes, seen, camera)
    assert found.sum() == pytest.approx(1)
    assert found[0] == 0
    assert found[20:].min() > 3 * found[1:20].max()


def test_three_of_four_pairs_differ_in_how_far_lips_are_apart(sampler: Sampler) -> None:
    """Frame 4, whose mouth is open, partners frames with closed lips far more often than its chances say."""
    lips = [np.array([0, 0, 0, 0.1, 0.1, 0])] * 11
    differing = Sampler(sampler.subjects, sampler.chances, sampler.seed, lips)

    def share(drawn: Sampler) -> float:
        pairs = [frames for unit in drawn.units(0, 1500) for _, *frames in unit.clips]
        closed = [4 in pair for pair in pairs if pair[0] != 4]
        return float(np.mean(closed))

    by_chance = share(sampler)
    assert share(differing) == pytest.approx((3 + by_chance) / 4, abs=0.03)
    assert all(i != j and 3 not in (i, j) for unit in differing.units(0, 200) for _, i, j in unit.clips)


def test_a_mouth_that_never_moves_leaves_pairs_to_chance(sampler: Sampler) -> None:
    still = Sampler(sampler.subjects, sampler.chances, sampler.seed, [np.full(6, 0.02)] * 11)
    pairs = [frames for unit in still.units(0, 100) for _, *frames in unit.clips]
    assert all(i != j for i, j in pairs)


def test_lips_are_apart_by_as_much_whatever_the_head_s_size() -> None:
    poses = [Pose(), Pose(jaw=1), Pose(jaw=1, size=1.5), Pose(jaw=1, yaw=20)]
    landmarks = np.stack([landmarks_in(pose) for pose in poses])
    found = lips_apart(landmarks, pose_and_expression(landmarks)[0])
    assert found[1] > found[0] + 0.02
    assert found[2:] == pytest.approx([found[1]] * 2, rel=0.1)
