"""Which frames a step sees."""

from __future__ import annotations

import numpy as np
import pytest

from models.face.landmarks import pose_and_expression
from pipeline.faces.sampling import Sampler, chances
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
