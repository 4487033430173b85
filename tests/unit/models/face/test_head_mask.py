"""Where heads are in pictures: as landmarks go, with room for hair."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.face.head_mask import head_mask, moved_away, on_head
from tests.made.faces import Pose, landmarks_in

SIDE = 96
poses = st.builds(
    Pose,
    pitch=st.floats(-20, 20),
    yaw=st.floats(-60, 60),
    roll=st.floats(-40, 40),
    x=st.floats(-0.3, 0.3),
    y=st.floats(-0.3, 0.3),
    size=st.floats(0.6, 1.2),
)


def at(values: torch.Tensor, points: np.ndarray) -> np.ndarray:
    """Of values [side, side], those nearest to points [N, 2] in crop units that lie in the picture."""
    points = points[(np.abs(points) < 1).all(1)]
    column, row = np.clip(np.round((points + 1) * SIDE / 2 - 0.5).astype(int), 0, SIDE - 1).T
    return values[row, column].numpy()


@given(poses)
def test_a_face_lies_in_its_head(pose: Pose) -> None:
    found = head_mask(torch.from_numpy(pose.latent)[None], SIDE)
    assert found.shape == (1, 1, SIDE, SIDE)
    assert at(found[0, 0], landmarks_in(pose)[:, :2]).min() > 0.4
    reach = pose.size * np.array([0.58, 0.76]).max() * 1.5
    y, x = np.meshgrid(*[(2 * np.arange(SIDE) + 1) / SIDE - 1] * 2, indexing="ij")
    middle = np.array([pose.x, pose.y])
    far = np.hypot(x - middle[0], y - middle[1]) > reach + 0.12 * pose.size
    assert (found[0, 0].numpy()[far] < 0.01).all()


def test_hair_is_a_part_of_it_and_the_neck_is_not() -> None:
    found = head_mask(torch.from_numpy(Pose().latent)[None], SIDE)[0, 0]
    assert at(found, np.array([[0, -0.75], [0.5, -0.1]])).min() > 0.4
    assert at(found, np.array([[0, 0.8], [0.75, 0.0], [-0.6, 0.6]])).max() < 0.1


def test_points_of_the_head() -> None:
    """The head's middle is its own; a nod or a turn takes points of the picture's plane out of the head's."""
    where = on_head(torch.tensor([[0, 0, 0, 0.5, 0, 0.5], [0, 90.0, 0, 0, 0, 1]]), 4)
    assert where.shape == (2, 4, 4, 3)
    assert torch.allclose(where[0, 1, 2:, 0], torch.tensor([-0.5, 0.5]))
    assert where[1, ..., 0].abs().max() < 1e-6
    assert torch.allclose(where[1, 0, :, 2].abs(), torch.tensor([0.75, 0.25, 0.25, 0.75]))


def test_a_head_is_away_when_it_has_moved_by_an_eighth_of_half_the_picture() -> None:
    own = torch.tensor([[5.0, -8, 3, 0.1, 0, 0.8]])
    poses = own + torch.tensor([[0, 0, 0, by, 0, 0] for by in (0.0, 0.04, 0.08, -0.12, 0.5)])
    found = moved_away(own.expand(5, 6), poses)
    assert found.shape == (5, 1, 1, 1)
    assert torch.allclose(found.flatten(), torch.tensor([0, 0, 0.5, 1, 1]), atol=1e-4)


def test_a_head_that_turns_is_away_too() -> None:
    own = torch.tensor([[0.0, 0, 0, 0, 0, 1]])
    turned = moved_away(own.expand(3, 6), own + torch.tensor([[0.0, by, 0, 0, 0, 0] for by in (3, 20, -20)]))
    assert turned[0] == 0
    assert turned[1:].min() > 0.5
