"""Driving: what moves over, and that pictures depend on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from models.face.checkpoint import save_model
from models.face.landmarks import pose_and_expression
from models.face.model import FaceModel, Motion
from models.face.presets import TINY
from pipeline.faces import driving
from pipeline.faces.driving import Drive, driver_of, moved_over
from pipeline.faces.face_crop import FaceCrop
from tests.made.faces import Pose, drawn, landmarks_in


def seen(pose: Pose, who: int = 0) -> FaceCrop:
    landmarks = landmarks_in(pose)
    return FaceCrop(drawn(landmarks, who), landmarks)


SOURCE = seen(Pose(yaw=5))
DRIVERS = [seen(Pose(yaw=yaw, jaw=jaw), 1) for yaw, jaw in ((-10, 0), (0, 1), (10, 0.5))]


@pytest.fixture(scope="module")
def drive() -> Drive:
    torch.manual_seed(0)
    return Drive(FaceModel(TINY).requires_grad_(False))


def test_what_moves_over() -> None:
    own = Motion(torch.zeros(1, 6), torch.zeros(1, 2))
    driver = Motion(torch.ones(3, 6), torch.ones(3, 2))
    expected = {"both": (1, 1), "pose": (1, 0), "dynamics": (0, 1)}
    for what, (pose, dynamics) in expected.items():
        found = moved_over(own, driver, what)  # type: ignore[arg-type]
        assert torch.equal(found.pose, torch.full((3, 6), float(pose)))
        assert torch.equal(found.dynamics, torch.full((3, 2), float(dynamics)))


def test_relative_motion_starts_from_the_source_s_expression() -> None:
    own = Motion(torch.zeros(1, 6), torch.tensor([[0.5, -1.0, 3.5]]))
    driver = Motion(torch.ones(2, 6), torch.tensor([[2.0, 0.0, -1.0], [2.5, 1.0, 1.0]]))
    rest = torch.tensor([2.0, 0.0, -1.0])
    for what, pose in (("both", 1.0), ("dynamics", 0.0)):
        found = moved_over(own, driver, what, rest)  # type: ignore[arg-type]
        assert found.pose.unique().tolist() == [pose]
        assert found.dynamics.tolist() == [[0.5, -1, 3.5], [1, 0, 4]]  # 4 is the most that the encoder says
    assert torch.equal(moved_over(own, driver, "pose", rest).dynamics, own.dynamics.expand(2, -1))


def test_poses_come_from_landmarks(drive: Drive) -> None:
    motion = drive.motion(DRIVERS)
    assert motion.pose.numpy() == pytest.approx(pose_and_expression(np.stack([each.landmarks for each in DRIVERS]))[0])
    assert motion.pose[:, 1].tolist() == pytest.approx([-10, 0, 10], abs=0.1)
    assert motion.dynamics.shape == (3, 32)
    np.testing.assert_array_equal(drive.dynamics(DRIVERS), motion.dynamics.numpy())


def pictures_equal(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> bool:
    return all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(found, wanted, strict=True))


def test_a_picture_a_driver(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    together = drive.method(SOURCE, DRIVERS)
    assert [(each.shape, each.dtype) for each in together] == [((96, 96, 3), np.uint8)] * 3
    assert pictures_equal([drive.method(SOURCE, [driver])[0] for driver in DRIVERS], together)
    monkeypatch.setattr(driving, "_AT_ONCE", 2)
    assert pictures_equal(drive.method(SOURCE, DRIVERS), together)


def test_a_source_that_drives_itself_is_its_own_picture_whatever_moves_over(drive: Drive) -> None:
    wanted = drive.method(SOURCE, [SOURCE])
    for what in ("pose", "dynamics"):
        assert pictures_equal(drive.method(SOURCE, [SOURCE], what), wanted)  # type: ignore[arg-type]


def test_posed_turns_the_head_to_the_degrees_given(drive: Drive) -> None:
    person, own = drive.person(SOURCE)
    found = drive.posed(SOURCE, np.array([[0, 20, 0], [1, 2, 3]]))
    pose = own.pose.repeat(2, 1)
    pose[:, :3] = torch.tensor([[0.0, 20, 0], [1, 2, 3]])
    assert pictures_equal(found, list(drive.draw(person, Motion(pose, own.dynamics.repeat(2, 1)))))
    assert drive.motion([SOURCE]).pose[0, 1] == pytest.approx(5, abs=0.1)  # the source's own is left alone


def test_a_file_drives_as_its_model_does(drive: Drive, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(drive.model, {}, path)
    apart = [
        np.abs(a.astype(int) - b).mean()
        for a, b in zip(driver_of(path).method(SOURCE, DRIVERS), drive.method(SOURCE, DRIVERS), strict=True)
    ]
    assert max(apart) < 1  # half precision
