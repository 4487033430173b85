"""The mesh warp moves the picture as landmarks move; displaced landmarks keep the source's own shape."""

from __future__ import annotations

import numpy as np
import pytest

from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import angles, procrustes
from models.runtime.image import bounds
from pipeline.evaluation.faces.mesh_warp import MeshWarp, displaced
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import turned

TURNS = np.array([[0.0, 0, 0], [5, 10, 0], [-5, -10, 3]])


def test_landmarks_that_stay_leave_the_picture(man: FaceCrop) -> None:
    assert np.array_equal(MeshWarp(man)(man.landmarks), man.picture)


def test_the_picture_moves_with_the_landmarks() -> None:
    """A ramp of grey says where each pixel came from."""
    side = 64
    ramp = np.repeat(np.tile(np.arange(side, dtype=np.uint8) * 4, (side, 1))[:, :, None], 3, 2)
    landmarks = (canonical_face() / 16).astype(np.float32)
    shift = 4 * 2 / side
    out = MeshWarp(FaceCrop(ramp, landmarks))(landmarks + np.float32([shift, 0, 0]))
    low, high = bounds(landmarks)
    middle = ((low + high + 2) / 2 * side / 2).astype(int)
    inside = np.s_[middle[1] - 6 : middle[1] + 6, middle[0] : middle[0] + 8, 0]
    assert np.abs(out[inside].astype(int) - (ramp[inside].astype(int) - 16)).max() <= 1
    # the border stays
    assert np.abs(out[:, [0, -1]].astype(int) - ramp[:, [0, -1]]).max() <= 4


def test_near_covers_far_where_the_mesh_folds() -> None:
    """The nose, painted white, moved beyond the cheek's edge still shows."""
    side = 64
    landmarks = (canonical_face() / 16).astype(np.float32)
    picture = np.zeros((side, side, 3), np.uint8)
    x, y = ((landmarks[1, :2] + 1) * side / 2).astype(int)
    picture[y - 3 : y + 3, x - 3 : x + 3] = 255
    moved = landmarks.copy()
    nose = np.linalg.norm((landmarks - landmarks[1])[:, :2], axis=1) < 0.15
    moved[nose, 0] += 0.3
    out = MeshWarp(FaceCrop(picture, landmarks))(moved)
    assert out[y, int((landmarks[1, 0] + 0.3 + 1) * side / 2), 0] > 200


def test_a_person_displaced_by_itself_does_what_the_driver_did(man: FaceCrop) -> None:
    drivers = turned(man, TURNS)
    assert displaced(man.landmarks, drivers, "both") == pytest.approx(np.stack(drivers), abs=1e-6)


def test_pose_alone_keeps_the_shape_and_dynamics_alone_the_pose(man: FaceCrop, woman: FaceCrop) -> None:
    drivers = turned(woman, TURNS)
    drivers[2] = drivers[2] + np.eye(468)[14][:, None] * (0, 0.05, 0)
    wanted = angles(procrustes(np.stack(drivers))[0])
    posed = displaced(man.landmarks, drivers, "pose")
    assert angles(procrustes(posed)[0]) == pytest.approx(wanted, abs=1e-6)
    mouths = np.linalg.norm(posed[:, 13] - posed[:, 14], axis=1) / procrustes(posed)[1]
    assert np.ptp(mouths) < 1e-6
    still = displaced(man.landmarks, drivers, "dynamics")
    assert np.ptp(angles(procrustes(still)[0]), axis=0) == pytest.approx(0, abs=0.5)
    gap = still[:, 14, 1] - man.landmarks[14, 1]
    assert gap[:2] == pytest.approx(0, abs=1e-6)
    assert gap[2] > 0.03
