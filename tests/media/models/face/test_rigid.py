"""The rigid warp: the same rotation as head poses have, there and back, and where known things go."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.face.landmarks import LEFT_EYE, RIGHT_EYE, canonical_size, pose_and_expression
from models.face.rigid import aligned_faces, face_frames, from_picture, moved, points, rotation, to_picture
from models.face.warp import sampled
from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import rotation_of
from pipeline.faces.face_crop import FaceCrop

angle = st.floats(-80, 80)
poses = st.tuples(angle, angle, angle, st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.5, 2.0)).map(
    lambda values: torch.tensor([values])
)


@given(poses)
def test_the_rotation_is_that_of_head_poses(pose: torch.Tensor) -> None:
    expected = rotation_of(pose[:, :3].double().numpy())
    assert rotation(pose[:, :3]).numpy() == pytest.approx(expected, abs=1e-5)


@given(poses)
def test_there_and_back(pose: torch.Tensor) -> None:
    where = points(2, 3, torch.device("cpu"))
    back = moved(from_picture(pose), moved(to_picture(pose), where))
    assert back.shape == (1, 2, 3, 3, 3)
    assert torch.allclose(back[0], where, atol=1e-5)


def test_cells_lie_where_the_volume_s_corners_say() -> None:
    where = points(2, 4, torch.device("cpu"))
    assert where.shape == (2, 4, 4, 3)
    assert where[0, 0, 0].tolist() == [-0.75, -0.75, -0.5]
    assert where[1, 2, 3].tolist() == [0.75, 0.25, 0.5]


def test_the_identity_pose_moves_nothing() -> None:
    where = points(4, 8, torch.device("cpu"))
    assert torch.allclose(moved(to_picture(torch.tensor([[0, 0, 0, 0, 0, 1.0]])), where)[0], where, atol=1e-7)


@settings(max_examples=30)
@given(poses)
def test_canonical_landmarks_appear_where_the_landmarks_were(pose: torch.Tensor) -> None:
    face = torch.from_numpy(canonical_face() * canonical_size()).float()[None, None]
    seen = moved(to_picture(pose), face)[0, 0, 0]
    told = torch.from_numpy(pose_and_expression(seen.numpy()[None])[0])
    assert torch.allclose(moved(to_picture(told), face)[0, 0, 0], seen, atol=1e-4)


def test_real_faces_lie_near_the_canonical_one_in_their_pose(views: list[FaceCrop]) -> None:
    face = torch.from_numpy(canonical_face() * canonical_size()).float()[None, None]
    for view in views:
        pose = torch.from_numpy(pose_and_expression(view.landmarks[None])[0])
        found = moved(to_picture(pose), face)[0, 0, 0].numpy()
        # the crop spans 2
        assert np.linalg.norm((found - view.landmarks)[:, :2], axis=1).mean() / 2 < 0.02


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        ((0, 0, 90, 0, 0, 1), (0, 0.5, 0)),  # clockwise: what was at the right is below
        ((0, 90, 0, 0, 0, 1), (0, 0, -0.5)),
        ((0, 0, 0, 0.25, -0.25, 1), (0.75, -0.25, 0)),
        ((0, 0, 0, 0, 0, 0.5), (0.25, 0, 0)),
        ((20, -30, 40, 0.1, 0.1, 1.2), None),
    ],
)
def test_a_warped_volume_s_blob_goes_to_the_known_place(
    pose: tuple[float, ...], expected: tuple[float, float, float] | None
) -> None:
    """A blob at (0.5, 0, 0) of the canonical volume, in the volume that a driver's pose takes from it."""
    depth = side = 32
    cells = points(depth, side, torch.device("cpu"))
    start = torch.tensor([0.5, 0, 0])
    blob = torch.exp(-((cells - start) ** 2).sum(-1) / 0.02)[None, None]
    told = torch.tensor([pose], dtype=torch.float32)
    there = sampled(blob, moved(from_picture(told), cells))[0, 0]
    middle = (there[..., None] * cells).sum((0, 1, 2)) / there.sum()
    turned = rotation_of(np.array([pose[:3]]))[0] @ start.numpy() * pose[5] + [pose[3], pose[4], 0]
    assert middle.numpy() == pytest.approx(turned, abs=0.01)
    if expected is not None:
        assert turned == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("roll", [-25.0, 0.0, 25.0])
def test_aligned_faces_are_upright_with_level_eyes(
    views: list[FaceCrop], photographs: torch.Tensor, roll: float
) -> None:
    """A photograph turned by a known roll gives the same aligned face as the photograph itself."""
    pose = torch.from_numpy(pose_and_expression(np.stack([view.landmarks for view in views]))[0])
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float32)
    back = torch.cat([turn.T, torch.zeros(2, 1)], 1).expand(2, 2, 3)
    grid = torch.nn.functional.affine_grid(back, list(photographs.shape), align_corners=False)
    turned = torch.nn.functional.grid_sample(photographs, grid, padding_mode="border", align_corners=False)
    told = pose.clone()
    told[:, 2] += roll
    told[:, 3:5] = pose[:, 3:5] @ turn.T
    here, there = aligned_faces(photographs, pose, 64), aligned_faces(turned, told, 64)
    assert here.shape == (2, 3, 64, 64)
    middle = (slice(None), slice(None), slice(12, 52), slice(12, 52))
    assert (here[middle] - there[middle]).abs().mean() < 0.02
    frames = face_frames(told)
    for view, frame in zip(views, frames, strict=True):
        eyes = np.stack([view.landmarks[list(part), :2].mean(0) for part in (LEFT_EYE, RIGHT_EYE)]) @ turn.T.numpy()
        at = torch.linalg.solve(frame[:, :2], (torch.from_numpy(eyes).float() - frame[:, 2]).T).T
        assert abs(float(at[0, 1] - at[1, 1])) < 0.03
        assert at[0, 0] < 0 < at[1, 0]


def test_outside_the_picture_an_aligned_face_is_grey() -> None:
    face = aligned_faces(torch.ones(1, 3, 96, 96), torch.tensor([[0, 0, 0, 3.0, 0, 1]]), 16)
    assert torch.all(face == 0.5)
