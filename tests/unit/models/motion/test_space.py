"""Motion is pose as it is and z_dyn from its clip's median, whatever the length of z_dyn."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.motion.space import MotionSpace, from_motion, to_motion


def test_pose_stays_and_dynamics_count_from_the_clip_s_median() -> None:
    pose = torch.arange(24.0).reshape(4, 6)
    dynamics = torch.tensor([[1.0, 10], [2, 10], [4, 10], [100, 13]])
    motion = to_motion(pose, dynamics)
    assert torch.equal(motion[:, :6], pose)
    assert motion[:, 6:].tolist() == [[-2, 0], [-1, 0], [1, 0], [97, 3]]  # medians 3 and 10


@given(st.integers(1, 40), st.integers(1, 70), st.integers(0, 1000))
def test_a_person_s_own_rest_gives_the_latents_back(frames: int, dynamics: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    pose, code = torch.randn(frames, 6, generator=random), torch.randn(frames, dynamics, generator=random)
    motion = to_motion(pose, code)
    assert motion.shape == (frames, MotionSpace(dynamics, audio=1, emotion=1).motion)
    found_pose, found = from_motion(motion, code.quantile(0.5, dim=0))
    assert torch.equal(found_pose, pose)
    assert found.numpy() == pytest.approx(code.numpy(), abs=1e-5)


def test_another_person_moves_the_same_from_a_rest_of_its_own() -> None:
    motion = to_motion(torch.zeros(3, 6), torch.tensor([[1.0], [2], [5]]))
    assert from_motion(motion, torch.tensor([10.0]))[1].tolist() == [[9], [10], [13]]
