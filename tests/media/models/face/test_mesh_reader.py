"""The mesh and the iris network with gradients see what the interpreters' see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.detection.face_finder import FaceFinder
from models.face.landmarks import mirrored, mirrored_eyes, pose_and_expression
from models.face.mesh_reader import MeshReader
from models.landmarks.iris import Iris
from models.weights.registry import weights
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import view_of
from tests.made.sample_faces import frames_of, landmarks_of


@pytest.fixture(scope="module")
def reader() -> MeshReader:
    return MeshReader(weights("face_mesh").path(), weights("iris").path())


def poses(landmarks: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pose_and_expression(landmarks)[0])


def test_landmarks_lie_where_the_interpreter_finds_them(
    reader: MeshReader, views: list[FaceCrop], photographs: torch.Tensor
) -> None:
    """Within 1.5 % of the face's height in the picture's plane; deep and near points are told apart."""
    truth = np.stack([view.landmarks for view in views])
    found, _ = reader(photographs, poses(truth))
    assert found.shape == (2, 468, 3)
    away = np.linalg.norm(found.numpy()[..., :2] - truth[..., :2], axis=2).mean(1)
    assert (away / np.ptp(truth[..., 1], axis=1)).max() < 0.015
    for seen, wanted in zip(found.numpy()[..., 2], truth[..., 2], strict=True):
        assert np.corrcoef(seen, wanted)[0, 1] > 0.97
        assert seen.std() == pytest.approx(wanted.std(), rel=0.1)


def test_eyes_look_as_the_interpreter_says(
    reader: MeshReader, views: list[FaceCrop], photographs: torch.Tensor
) -> None:
    """In the same pictures of 96 pixels, with the corners that the mesh found."""
    iris = Iris()
    landmarks, found = reader(photographs, poses(np.stack([view.landmarks for view in views])))
    pixels = ((landmarks.numpy()[..., :2] + 1) * 96 - 1) / 2
    wanted = np.stack([iris.looks(view.picture, at) for view, at in zip(views, pixels, strict=True)])
    assert found.shape == (2, 2, 3)
    assert found.numpy() == pytest.approx(wanted, abs=0.02)


def test_a_mirrored_picture_looks_mirrored(
    reader: MeshReader, views: list[FaceCrop], photographs: torch.Tensor
) -> None:
    """Landmarks as far as the mesh is symmetric itself; eyes, with the same corners, to rounding."""
    truth = np.stack([view.landmarks for view in views])
    here, _ = reader(photographs, poses(truth))
    there, _ = reader(photographs.flip(3), poses(mirrored(truth)))
    assert mirrored(there.numpy())[..., :2] == pytest.approx(here.numpy()[..., :2], abs=0.06)
    looks, looks_there = (
        reader._looks(picture, torch.from_numpy(landmarks[..., :2].astype(np.float32))).numpy()
        for picture, landmarks in ((photographs, truth), (photographs.flip(3), mirrored(truth)))
    )
    assert mirrored_eyes(looks_there) == pytest.approx(looks, abs=1e-3)


def test_a_blink_is_seen_and_pictures_can_be_changed_by_it(
    reader: MeshReader, samples: Path, finder: FaceFinder
) -> None:
    """The man blinks in frame 27. Pixels around the eyes are what the opening depends on."""
    frames = frames_of(samples / "talking_man.mp4", 20, 27)
    views = [view_of(frame, landmarks_of(frame, finder), 96) for frame in frames]
    picture = torch.from_numpy(np.stack([view.picture for view in views])).permute(0, 3, 1, 2).float() / 255
    picture.requires_grad_()
    truth = np.stack([view.landmarks for view in views])
    _, eyes = reader(picture, poses(truth))
    assert eyes[1, :, 0].mean() < 0.8 * eyes[0, :, 0].mean()
    eyes[:, :, 0].sum().backward()
    assert picture.grad is not None
    rows = picture.grad.abs().sum((0, 1, 3))
    middle = int(((truth[0, [33, 263], 1].mean() + 1) * 96 - 1) / 2)
    assert rows[middle - 12 : middle + 12].sum() > 0.95 * rows.sum()
