"""Driving: what moves over, and that pictures depend on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.face.checkpoint import save_model
from models.face.landmarks import pose_and_expression
from models.face.model import FaceModel, Motion
from models.face.presets import TINY
from pipeline.faces import driving
from pipeline.faces.detail import Detail
from pipeline.faces.driving import Drive, driver_of, moved_over, resting
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


def test_relative_motion_starts_from_the_source_s_expression_and_pose() -> None:
    own = Motion(torch.tensor([[4.0, -8, 2, 0.1, -0.2, 1.5]]), torch.tensor([[0.5, -1.0, 3.5]]))
    poses = torch.tensor([[10.0, 20, -5, 0.3, 0.1, 0.5], [11, 18, -5, 0.4, -0.1, 0.6]])
    driver = Motion(poses, torch.tensor([[2.0, 0.0, -1.0], [2.5, 1.0, 1.0]]))
    rest = Motion(driver.pose[:1], driver.dynamics[:1])
    # a head of three times the size goes three times as far, and comes nearer by as much of its own
    moved = [own.pose[0].tolist(), [5, -10, 2, 0.4, -0.8, 1.8]]
    kept = [own.pose[0].tolist()] * 2
    for what, pose in (("both", moved), ("dynamics", kept), ("pose", moved)):
        found = moved_over(own, driver, what, rest)  # type: ignore[arg-type]
        assert found.pose.numpy() == pytest.approx(np.array(pose), abs=1e-5)
        dynamics = [[0.5, -1, 3.5]] * 2 if what == "pose" else [[0.5, -1, 3.5], [1, 0, 4]]
        assert found.dynamics.tolist() == dynamics  # 4 is the most that the encoder says


_LATENT = st.floats(-4, 4, width=32)
_POSE = st.tuples(*[st.floats(-60, 60, width=32)] * 3, *[st.floats(-1, 1, width=32)] * 2, st.floats(0.25, 4, width=32))


def of(pose: tuple[float, ...], dynamics: Sequence[float]) -> Motion:
    return Motion(torch.tensor([pose]), torch.tensor([dynamics]))


@given(mine=_POSE, still=_POSE, dynamics=st.lists(_LATENT, min_size=6, max_size=6))
def test_a_driver_who_does_not_move_moves_nobody(
    mine: tuple[float, ...], still: tuple[float, ...], dynamics: list[float]
) -> None:
    own, driver = of(mine, dynamics[:3]), of(still, dynamics[3:])
    for what in ("both", "pose", "dynamics"):
        found = moved_over(own, driver, what, driver)  # type: ignore[arg-type]
        assert torch.allclose(found.pose, own.pose, rtol=1e-5, atol=1e-5)
        assert torch.allclose(found.dynamics, own.dynamics, atol=1e-6)
    assert own.pose.tolist() == torch.tensor([mine]).tolist()  # nothing is written where it was read


@given(mine=_POSE, rest=_POSE, now=_POSE, zoom=st.floats(0.5, 2))
def test_how_near_the_driver_is_to_the_camera_does_not_count(
    mine: tuple[float, ...], rest: tuple[float, ...], now: tuple[float, ...], zoom: float
) -> None:
    """What the driver does, filmed in another size, is the same motion."""
    larger = [(*pose[:3], *(zoom * value for value in pose[3:])) for pose in (now, rest)]
    code = [0.0]
    found, wanted = (
        moved_over(of(mine, code), of(a, code), "both", of(b, code)).pose for a, b in (larger, (now, rest))
    )
    assert torch.allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_rest_is_how_somebody_mostly_is() -> None:
    parts = [Motion(torch.full((2, 6), float(n)), torch.full((2, 3), -float(n))) for n in (1, 1, 9)]
    found = resting(parts)
    assert torch.equal(found.pose, torch.ones(1, 6))
    assert torch.equal(found.dynamics, -torch.ones(1, 3))


def test_a_person_is_drawn_as_large_as_the_detail_is(drive: Drive) -> None:
    """Latents are read off what the model is shown, whatever the size of the view."""
    landmarks = landmarks_in(Pose(yaw=5))
    large = FaceCrop(drawn(landmarks, 0, 192), landmarks)
    person, own = drive.person(large)
    assert person.size == 192
    small, same = drive.person(large.at_size(96), Detail.of(large.picture))
    assert (small.size, small.picture.shape[2]) == (192, 240)
    assert torch.equal(own.dynamics, same.dynamics)
    assert torch.equal(person.identity, small.identity)
    assert drive.draw(person, own).shape == (1, 192, 192, 3)
    again = drive.person_in(replace(large, landmarks=np.zeros((0, 3), np.float32)), own)
    assert torch.equal(again.volume, person.volume)


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
