"""What is trained before the face model: to read landmarks off aligned faces, and z_dyn to tell expressions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models.face import losses
from models.face.dynamics import DynamicsEncoder
from models.face.landmarks import EXPRESSIVE, mirrored, pose_and_expression
from models.face.reader import SIDE, FaceReader
from models.face.rigid import aligned_faces, face_frames
from models.runtime.device import moved
from pipeline.faces.batches import FrameBatch, drawn_batch
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training_clips import TrainingClips
from pipeline.training.optimisation import Group, Optimisation, one_cycle
from pipeline.training.task import Outcome, Quiet

_JITTER = np.array([0, 0, 6.0, 0.04, 0.04, 0], np.float32)
"""Standard deviations by which the pose that aligns a face is off; its size by a factor of e^N(0, .08)."""


def _optimisation(training: FaceTraining) -> Optimisation:
    return Optimisation(
        steps=training.reader_steps,
        lr=2e-3,
        schedule=one_cycle,
        betas=(0.9, 0.999),
        precision=training.precision,
        seed=training.seed,
    )


@dataclass(frozen=True)
class AlignedFaces:
    """face [N, 3, 64, 64]; landmarks [N, P, 2] in its own [-1, 1]."""

    face: torch.Tensor
    landmarks: torch.Tensor

    def to(self, device: torch.device) -> AlignedFaces:
        """The same on a device."""
        return AlignedFaces(moved(self.face, device), moved(self.landmarks, device))


@dataclass(frozen=True)
class LandmarkReading(Quiet):
    """A reader of the landmarks EXPRESSIVE learns them of a training's clips. `off`: the mean error, in half faces."""

    clips: TrainingClips
    training: FaceTraining

    name = "reading landmarks"
    weights = {"landmarks": 1.0}

    @property
    def optimisation(self) -> Optimisation:
        return _optimisation(self.training)

    def module(self) -> FaceReader:
        torch.manual_seed(self.training.seed)
        return FaceReader()

    def groups(self, module: nn.Module) -> list[Group]:
        return [Group(list(module.parameters()))]

    def draw(self, step: int, rank: int, world: int) -> list[AlignedFaces]:
        return [_faces(self.clips, step, self.training.reader_units, self.training.seed)]

    def losses(self, module: nn.Module, batch: AlignedFaces, step: int) -> Outcome:
        found = module(batch.face)
        off = (found - batch.landmarks).detach().abs().mean()
        return Outcome({"landmarks": F.smooth_l1_loss(found, batch.landmarks, beta=0.02), "off": off})


@dataclass(frozen=True)
class ExpressionReading(Quiet):
    """An encoder learns until its first numbers tell clips' expressions, on faces as training has them.

    side: of the faces, in pixels.
    """

    encoder: DynamicsEncoder
    side: int
    clips: TrainingClips
    training: FaceTraining

    name = "reading expressions"
    weights = {"off": 1.0}

    @property
    def optimisation(self) -> Optimisation:
        return _optimisation(self.training)

    def module(self) -> DynamicsEncoder:
        return self.encoder

    def groups(self, module: nn.Module) -> list[Group]:
        return [Group(list(module.parameters()))]

    def draw(self, step: int, rank: int, world: int) -> list[FrameBatch]:
        units = self.clips.sampler.units(step, self.training.reader_units)
        return [drawn_batch(self.clips, units, self.side, self.training.seed)]

    def losses(self, module: nn.Module, batch: FrameBatch, step: int) -> Outcome:
        share = torch.from_numpy(self.clips.space.share).to(batch.expression)
        return Outcome({"off": losses.expression(module(batch.face), batch.expression, share)})


def _faces(clips: TrainingClips, step: int, units: int, seed: int) -> AlignedFaces:
    """Faces not quite where they should be, blurred and recoloured, with their landmarks."""
    random = np.random.default_rng((seed, step, 7))
    pictures, landmarks = [], []
    for unit in clips.sampler.units(step, units):
        for clip, i, j in unit.clips:
            place = clips.index[clip]
            crops, points = clips.store.crops(place, [i, j]), clips.store.landmarks(place, [i, j])
            if random.random() < 0.5:
                crops, points = crops[:, :, ::-1], mirrored(points)
            pictures.append(crops)
            landmarks.append(points)
    picture = torch.from_numpy(np.ascontiguousarray(np.concatenate(pictures))).permute(0, 3, 1, 2).float() / 255
    points = np.concatenate(landmarks)
    pose = pose_and_expression(points)[0]
    pose = pose + random.normal(0, 1, pose.shape).astype(np.float32) * _JITTER
    pose[:, 5] *= np.exp(random.normal(0, 0.08, len(pose)))
    poses = torch.from_numpy(pose)
    face = aligned_faces(_softened(picture, random), poses, SIDE)
    gain = torch.tensor(random.normal(1, 0.1, (len(face), 3, 1, 1)) * random.uniform(0.7, 1.3, (len(face), 1, 1, 1)))
    face = (
        (face - 0.5) * gain.float() + 0.5 + torch.tensor(random.normal(0, 0.08, (len(face), 1, 1, 1))).float()
    ).clamp(0, 1)
    frames = face_frames(poses)
    at = torch.from_numpy(points[:, list(EXPRESSIVE), :2]) - frames[:, None, :, 2]
    return AlignedFaces(face, at @ torch.linalg.inv(frames[:, :, :2]).transpose(1, 2))


def _softened(picture: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Half of the pictures as soft as driven ones are at first: made small and large again."""
    factor = float(random.uniform(0.4, 0.9))
    small = F.interpolate(picture, scale_factor=factor, mode="bilinear", align_corners=False, antialias=True)
    soft = F.interpolate(small, picture.shape[2:], mode="bilinear", align_corners=False)
    chosen = torch.tensor(random.random(len(picture)) < 0.5)[:, None, None, None]
    return torch.where(chosen, soft, picture)
