"""Where a generated motion moves a portrait: from what it shows, and as far away as is asked."""

from __future__ import annotations

import pytest
import torch

from models.face.dynamics import MOST
from models.face.model import Motion
from models.motion.space import POSE
from pipeline.generation.placement import Placement
from tests.made.motion_file import MEAN_GAZE, MEAN_POSE, motion_model

OWN = Motion(torch.tensor([[3.0, -20.0, 5.0, 0.1, -0.2, 0.7]]), torch.linspace(-3.9, 3.9, 32)[None])
ONCE = torch.ones(1)


@pytest.fixture
def placement() -> Placement:
    return Placement.of(OWN, motion_model().statistics)


def generated(pose: list[float], dynamics: float = 0.0) -> torch.Tensor:
    """A motion [1, D]: how far from the mean, which looks MEAN_GAZE."""
    return torch.cat(
        [torch.tensor([[a + b for a, b in zip(pose, MEAN_POSE, strict=True)]]), torch.full((1, 32), dynamics)], 1
    )


def test_people_who_look_into_the_camera_leave_a_portrait_as_it_is(placement: Placement) -> None:
    theta, phi = MEAN_GAZE
    found = placement(generated([-phi, -theta, 0, 0, 0, 0]), ONCE)
    torch.testing.assert_close(found.pose, OWN.pose)
    torch.testing.assert_close(found.dynamics, OWN.dynamics)


def test_the_head_turns_and_moves_from_its_own_pose_by_its_own_size(placement: Placement) -> None:
    theta, phi = MEAN_GAZE
    found = placement(generated([10 - phi, 4 - theta, -2, 0.105, 0, 0.105]), ONCE).pose[0]
    ratio = 0.7 / MEAN_POSE[5]
    expected = [13, -16, 3, 0.1 + 0.105 * ratio, -0.2, 0.7 * 1.1]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_the_face_moves_from_its_own_expression_within_its_range(placement: Placement) -> None:
    found = placement(generated([0.0] * POSE, dynamics=0.5), ONCE).dynamics
    torch.testing.assert_close(found, (OWN.dynamics + 0.5).clamp(max=MOST))


@pytest.mark.parametrize("distance", [0.5, 1.25, 3.0])
def test_a_head_as_far_is_as_small_about_where_it_was(placement: Placement, distance: float) -> None:
    theta, phi = MEAN_GAZE
    near = generated([-phi, -theta, 0, 0.2, 0.1, 0])
    here, there = placement(near, ONCE).pose[0], placement(near, distance * ONCE).pose[0]
    assert there[5] == pytest.approx(here[5] / distance)
    torch.testing.assert_close(there[3:5] - OWN.pose[0, 3:5], (here[3:5] - OWN.pose[0, 3:5]) / distance)
    torch.testing.assert_close(there[:3], here[:3])


def test_each_frame_is_as_far_as_it_is_asked(placement: Placement) -> None:
    near = generated([0.0] * POSE).repeat(3, 1)
    sizes = placement(near, torch.tensor([1.0, 2.0, 4.0])).pose[:, 5]
    torch.testing.assert_close(sizes[0] / sizes, torch.tensor([1.0, 2.0, 4.0]))
