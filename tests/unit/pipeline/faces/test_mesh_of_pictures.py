"""What pictures show, in the numbers that z_dyn is taught: as the landmarks tell it, if they are read without error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from models.face.expression_space import ClipReading
from models.face.landmarks import pose_and_expression
from models.face.mesh_expression import MeshExpression, MeshReading
from pipeline.faces.batches import FrameBatch, drawn_batch
from pipeline.faces.mesh_reliability import reliability
from pipeline.faces.training_clips import TrainingClips
from tests.made.faces import Pose, canonical, landmarks_in


class Told(nn.Module):
    """Reads the landmarks and eyes that it is given, a step at a time, whatever the picture."""

    def __init__(self, landmarks: np.ndarray, eyes: np.ndarray) -> None:
        super().__init__()
        self.landmarks, self.eyes = torch.from_numpy(landmarks), torch.from_numpy(eyes).float()

    def forward(self, picture: torch.Tensor, pose: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.landmarks, self.eyes


@pytest.fixture(scope="module")
def mesh(pool: TrainingClips) -> MeshExpression:
    return MeshExpression(pool.space)


def test_differences_are_those_that_landmarks_tell(pool: TrainingClips) -> None:
    """Of two frames of a person, from landmarks that lie as stored, or as stored but moved aside and nearer."""
    frames = [2, 9]
    landmarks, eyes = pool.store.landmarks(1, frames), pool.store.eyes(1, frames)
    pose, expression = pose_and_expression(landmarks)
    told = pool.space.transform(ClipReading(pose, expression, eyes), [(1, False)] * 2)
    for away in ([0, 0, 0], [0.05, -0.02, 0.3]):
        mesh = MeshExpression(pool.space)
        mesh.reader = Told(landmarks + np.array(away, np.float32), eyes)  # type: ignore[assignment]
        found = mesh(torch.zeros(2, 3, 96, 96), torch.from_numpy(pose)).numbers.numpy()
        assert found.shape == told.shape
        # the drawn mouth moves no landmark that the pose is read from
        assert found[1] - found[0] == pytest.approx(told[1] - told[0], abs=0.02)


def test_lips_are_as_far_apart_as_landmarks_say_whatever_the_head_s_size(pool: TrainingClips) -> None:
    """In the head's own units, wherever it is and however it is turned; lids over the eye's width, as the eyes say."""
    mesh = MeshExpression(pool.space)
    eyes = np.random.default_rng(0).normal(size=(3, 2, 3))
    poses = [Pose(), Pose(jaw=0.5), Pose(jaw=0.5, yaw=20, x=0.1, size=2)]
    mesh.reader = Told(np.stack([landmarks_in(pose) for pose in poses]), eyes)  # type: ignore[assignment]
    found = mesh(torch.zeros(3, 3, 96, 96), torch.from_numpy(np.stack([pose.latent for pose in poses])))
    shut, *opened = found.lips.tolist()
    assert opened == pytest.approx([np.linalg.norm(np.diff(canonical(0.5)[[13, 14]], axis=0))] * 2, abs=1e-5)
    assert shut == pytest.approx(opened[0] - 0.075, abs=2e-3)
    assert found.lids.numpy() == pytest.approx(eyes[:, :, 0], abs=1e-6)


def test_each_number_counts_by_how_well_it_is_read(pool: TrainingClips, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = MeshExpression(pool.space)
    assert torch.equal(mesh.share, torch.from_numpy(pool.space.share))
    drawn: list[FrameBatch] = []

    def kept(*args: object) -> FrameBatch:
        drawn.append(drawn_batch(*args))  # type: ignore[arg-type]
        return drawn[-1]

    monkeypatch.setattr("pipeline.faces.mesh_reliability.drawn_batch", kept)
    noise = np.random.default_rng(0).normal(size=(40, 8, 3)).astype(np.float32)

    def read_so(picture: torch.Tensor, pose: torch.Tensor) -> MeshReading:
        assert picture is drawn[-1].detailed
        told = drawn[-1].expression.clone()
        told[:, 1] = told[:, 1] / 7 + 3  # another measure of the same
        told[:, 2] = torch.from_numpy(noise[len(drawn) - 1, : len(told), 0])
        told[:, 3] = -told[:, 3]
        told[:, 4] = 5.0
        return MeshReading(told, told[:, 0], told[:, :2])

    monkeypatch.setattr(mesh, "forward", read_so)
    found = reliability(mesh, pool, 40, 64).numpy()
    assert found[[0, 1, 5, 21]] == pytest.approx([1, 1, 1, 1], abs=1e-3)
    assert found[2] < 0.15
    assert found[[3, 4]] == pytest.approx([0, 0], abs=1e-6)


def test_pictures_are_told_apart_by_gradients(mesh: MeshExpression, pool: TrainingClips) -> None:
    drawn = drawn_batch(pool, pool.sampler.units(0, 1), 64, 0)
    picture = drawn.picture[:1].clone().requires_grad_()
    numbers, lips, lids = mesh(picture, drawn.pose[:1])
    assert (numbers.shape, lips.shape, lids.shape) == ((1, 22), (1,), (1, 2))
    for read in (lips[0], lids[0, 1]):
        (found,) = torch.autograd.grad(read, picture, retain_graph=True)
        assert found.isfinite().all()
        assert found.abs().max() > 0
    numbers[0, 0].backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all()
    assert picture.grad.abs().max() > 0
