"""What is trained before the face model: to read landmarks off aligned faces, and z_dyn to tell expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models.face import losses
from models.face.dynamics import DynamicsEncoder
from models.face.landmarks import EXPRESSIVE, mirrored, read
from models.face.reader import SIDE, FaceReader
from models.face.rigid import aligned_faces, face_frames
from models.runtime.device import CPU, moved
from models.runtime.precision import Precision, working_in
from pipeline.faces.batches import Batch, batch
from pipeline.faces.lessons import Lesson, Notebook, Tell, teach
from pipeline.faces.training_clips import Pool

_JITTER = np.array([0, 0, 6.0, 0.04, 0.04, 0], np.float32)
"""Standard deviations by which the pose that aligns a face is off; its size by a factor of e^N(0, .08)."""

T = TypeVar("T")

READER, EXPRESSIONS = "reading landmarks", "reading expressions"
"""Names of the lessons."""


def _silent(text: str) -> None:
    pass


def trained_reader(
    pool: Pool,
    steps: int,
    units: int,
    tell: Tell,
    seed: int = 0,
    precision: Precision = "auto",
    device: torch.device = CPU,
    say: Callable[[str], None] = _silent,
    notebook: Notebook | None = None,
) -> FaceReader:
    """A reader of the landmarks EXPRESSIVE, trained on a pool of clips; it comes out on the device it is trained on.

    say, notebook, and errors: `teach`.
    """
    torch.manual_seed(seed)
    reader = FaceReader().to(device)

    def made(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        return _faces(pool, step, units, seed)

    def error(drawn: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        faces, points = (moved(each, device) for each in drawn)
        with working_in(precision, device):
            found = reader(faces)
        return F.smooth_l1_loss(found, points, beta=0.02), (found - points).detach().abs().mean()

    teach(_lesson(READER, reader, steps, made, error), device, tell, say, notebook or Notebook())
    return reader


def trained_dynamics(
    encoder: DynamicsEncoder,
    side: int,
    pool: Pool,
    steps: int,
    units: int,
    tell: Tell,
    seed: int = 0,
    precision: Precision = "auto",
    say: Callable[[str], None] = _silent,
    notebook: Notebook | None = None,
) -> None:
    """Train an encoder until its first numbers tell the expressions of a pool's clips, on faces as training has them.

    side: of the faces, in pixels. The encoder is trained on the device where it is. say, notebook, and errors: `teach`.
    """
    device = next(encoder.parameters()).device
    share = torch.from_numpy(pool.space.share).to(device)

    def made(step: int) -> Batch:
        return batch(pool, pool.sampler.units(step, units), side, seed)

    def error(drawn: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        drawn = drawn.to(device)
        with working_in(precision, device):
            code = encoder(drawn.face)
        wrong = losses.expression(code, drawn.expression, share)
        return wrong, wrong.detach()

    teach(_lesson(EXPRESSIONS, encoder, steps, made, error), device, tell, say, notebook or Notebook())


def _lesson(
    name: str,
    network: nn.Module,
    steps: int,
    made: Callable[[int], T],
    wrong: Callable[[T], tuple[torch.Tensor, torch.Tensor]],
) -> Lesson[T]:
    weights = list(network.parameters())
    optimiser = torch.optim.AdamW(weights, lr=1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    return Lesson(name, steps, {"network": network}, weights, optimiser, schedule, made, wrong)


def _faces(pool: Pool, step: int, units: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Aligned faces [N, 3, 64, 64], not quite where they should be, blurred and recoloured; landmarks [N, P, 2]."""
    random = np.random.default_rng((seed, step, 7))
    pictures, landmarks = [], []
    for unit in pool.sampler.units(step, units):
        for clip, i, j in unit.clips:
            crops, points = pool.store.crops(pool.index[clip], [i, j]), pool.store.landmarks(pool.index[clip], [i, j])
            if random.random() < 0.5:
                crops, points = crops[:, :, ::-1], mirrored(points)
            pictures.append(crops)
            landmarks.append(points)
    picture = torch.from_numpy(np.ascontiguousarray(np.concatenate(pictures))).permute(0, 3, 1, 2).float() / 255
    points = np.concatenate(landmarks)
    pose = read(points)[0]
    pose = pose + random.normal(0, 1, pose.shape).astype(np.float32) * _JITTER
    pose[:, 5] *= np.exp(random.normal(0, 0.08, len(pose)))
    told = torch.from_numpy(pose)
    face = aligned_faces(_softened(picture, random), told, SIDE)
    gain = torch.tensor(random.normal(1, 0.1, (len(face), 3, 1, 1)) * random.uniform(0.7, 1.3, (len(face), 1, 1, 1)))
    face = (
        (face - 0.5) * gain.float() + 0.5 + torch.tensor(random.normal(0, 0.08, (len(face), 1, 1, 1))).float()
    ).clamp(0, 1)
    frames = face_frames(told)
    at = torch.from_numpy(points[:, list(EXPRESSIVE), :2]) - frames[:, None, :, 2]
    return face, at @ torch.linalg.inv(frames[:, :, :2]).transpose(1, 2)


def _softened(picture: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Half of the pictures as soft as driven ones are at first: made small and large again."""
    factor = float(random.uniform(0.4, 0.9))
    small = F.interpolate(picture, scale_factor=factor, mode="bilinear", align_corners=False, antialias=True)
    soft = F.interpolate(small, picture.shape[2:], mode="bilinear", align_corners=False)
    chosen = torch.tensor(random.random(len(picture)) < 0.5)[:, None, None, None]
    return torch.where(chosen, soft, picture)
