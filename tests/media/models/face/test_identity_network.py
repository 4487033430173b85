"""dlib's network in PyTorch: the numbers of its ONNX version, with gradients for the picture alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.face.identity_network import IdentityNetwork, chips
from models.face.landmarks import pose_and_expression
from models.recognition.face_recognition import SAME_PERSON, SIZE, FaceRecognition
from models.weights.registry import weights
from pipeline.faces.face_crop import FaceCrop


@pytest.fixture(scope="module")
def net() -> IdentityNetwork:
    return IdentityNetwork(weights("dlib_face_recognition").path()).eval()


@pytest.fixture(scope="module")
def reference() -> FaceRecognition:
    return FaceRecognition()


def test_the_numbers_are_those_of_the_onnx_version(net: IdentityNetwork, reference: FaceRecognition) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), np.uint8)
    found = net(torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255)
    assert found.numpy() == pytest.approx(np.stack([reference.describe(face) for face in faces]), abs=1e-5)


def test_gradients_reach_the_picture_and_nothing_else(net: IdentityNetwork) -> None:
    picture = torch.rand(1, 3, 96, 96, requires_grad=True)
    net(chips(picture, torch.tensor([[0, 0, 0, 0, 0, 1.0]]))).sum().backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all()
    assert picture.grad.abs().sum() > 0
    assert all(value.grad is None and not value.requires_grad for value in net.parameters())


def test_chips_lie_near_dlib_s_own(
    net: IdentityNetwork,
    reference: FaceRecognition,
    views: list[FaceCrop],
    photographs: torch.Tensor,
    man: np.ndarray,
    man_landmarks: np.ndarray,
    woman: np.ndarray,
    woman_landmarks: np.ndarray,
) -> None:
    """The vectors of pose-cut pictures of 96 pixels are those of dlib's chip of the frame; two people stay two."""
    pose = torch.from_numpy(pose_and_expression(np.stack([view.landmarks for view in views]))[0])
    found = net(chips(photographs, pose)).numpy()
    assert chips(photographs, pose).shape == (2, 3, SIZE, SIZE)
    wanted = np.stack([reference(man, man_landmarks), reference(woman, woman_landmarks)])
    apart = np.linalg.norm(found[:, None] - wanted[None], axis=2)
    assert apart.diagonal().max() < 0.75 * SAME_PERSON
    assert min(apart[0, 1], apart[1, 0]) > SAME_PERSON
