"""Frames of clip pairs as tensors: one random view for both frames of a clip, and what the losses need to know of each.

Both are seen by one camera that stands still, the crop of one of them: what is behind the head stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from models.face.augmentation import Alteration, alteration, altered, coloured, mouth_and_eyes, viewed
from models.face.camera import relative_camera
from models.face.expression_space import ClipReading, ExpressionSpace
from models.face.landmarks import (
    EXPRESSIVE,
    landmark_features,
    mirrored,
    mirrored_eyes,
    pose_and_expression,
    resting,
)
from models.runtime.device import moved as moved_to
from pipeline.faces.sampling import ClipPair
from pipeline.faces.training_clips import TrainingClips

_ERROR = 0.002
"""Standard deviation of what landmarks that z_dyn is told are off, in crop units."""
_HARD = 6.0
"""How much more mouth and eyes count than the rest."""


@dataclass(frozen=True)
class FrameSample:
    """One frame of a clip as it is learned from.

    picture [3, S, S] in [0, 1]; inside [1, S, S]: where it has content; landmarks [468, 3] in it; eyes [2, 3]. clip:
    which of the training's, and whether it is seen in a mirror. number: the clip's place in all that are drawn.
    alteration: of the face that z_dyn is read from; error [P, 3]: of what landmarks tell it.
    """

    picture: torch.Tensor
    inside: torch.Tensor
    landmarks: np.ndarray
    eyes: np.ndarray
    clip: tuple[int, bool]
    number: int
    alteration: Alteration
    error: np.ndarray


@dataclass(frozen=True)
class FrameBatch:
    """Frames of C clips: the i of each, then the j of each, so N = 2 C; clip c is paired with clip c ^ 1.

    picture [N, 3, S, S] in [0, 1]; pose [N, 6]; points [N, P, 3]: the EXPRESSIVE landmarks in the head's own units;
    expression [N, K] (`ExpressionSpace`); what z_dyn is read from: face [N, 3, A, A], aligned and altered, and
    landmark_features [N, LANDMARK_FEATURES], not quite exact; weight, eyes [N, 1, S, S]: how much pixels count;
    numbers: of the clips, [C]; noise [N, Z]: normal numbers for z_dyn, where a training adds some.
    """

    picture: torch.Tensor
    pose: torch.Tensor
    points: torch.Tensor
    expression: torch.Tensor
    face: torch.Tensor
    landmark_features: torch.Tensor
    weight: torch.Tensor
    eyes: torch.Tensor
    numbers: tuple[int, ...]
    noise: torch.Tensor | None = None

    def to(self, device: torch.device) -> FrameBatch:
        """The batch on a device."""
        values: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        tensors = {name: value for name, value in values.items() if isinstance(value, torch.Tensor)}
        return FrameBatch(**values | {name: moved_to(value, device) for name, value in tensors.items()})


def drawn_batch(clips: TrainingClips, pairs: Sequence[ClipPair], side: int, seed: int) -> FrameBatch:
    """The frames of clip pairs. side: of aligned faces, in pixels."""
    samples = [two_frames(clips, pair, place, seed) for pair in pairs for place in range(2)]
    return collate(samples, clips.space, side)


def two_frames(clips: TrainingClips, pair: ClipPair, place: int, seed: int) -> tuple[FrameSample, FrameSample]:
    """Both frames of one clip of a pair, of the pair's first or second, in one random view."""
    store = clips.store
    clip, *frames = pair.clips[place]
    stored = clips.index[clip]
    random = np.random.default_rng((seed, pair.number, place, 1))
    crops = torch.from_numpy(store.crops(stored, frames)).permute(0, 3, 1, 2).float() / 255
    landmarks, eyes = store.landmarks(stored, frames), store.eyes(stored, frames)
    mirror = bool(random.random() < 0.5)
    if mirror:
        crops, landmarks, eyes = crops.flip(3), mirrored(landmarks), mirrored_eyes(eyes)
    cameras = store.camera(stored, frames)
    places = relative_camera(cameras, cameras[int(random.random() < 0.5)])
    if mirror:
        places = places * np.array([-1, 1, 1], places.dtype)
    crops, landmarks, inside = viewed(crops, landmarks, places, random)
    pictures = coloured(crops, random)
    alterations = [alteration(random) for _ in range(2)]
    errors = random.normal(0, _ERROR, (2, len(EXPRESSIVE), 3))
    one, other = (
        FrameSample(*each, (clip, mirror), 2 * pair.number + place, alterations[i], errors[i])
        for i, each in enumerate(zip(pictures, inside, landmarks, eyes, strict=True))
    )
    return one, other


def collate(samples: Sequence[tuple[FrameSample, FrameSample]], space: ExpressionSpace, side: int) -> FrameBatch:
    """Both frames of each of C clips as a batch. side: of aligned faces, in pixels."""
    frames = [both[frame] for frame in range(2) for both in samples]  # all i, then all j
    picture = torch.stack([each.picture for each in frames])
    landmarks = np.stack([each.landmarks for each in frames])
    pose, expression = pose_and_expression(landmarks)
    reading = ClipReading(pose, expression, np.stack([each.eyes for each in frames]))
    mouth, eyes = mouth_and_eyes(landmarks, picture.shape[2])
    inside = torch.stack([each.inside for each in frames])
    poses = torch.from_numpy(pose)
    return FrameBatch(
        picture=picture,
        pose=poses,
        points=torch.from_numpy(expression + resting()).float(),
        expression=torch.from_numpy(space.transform(reading, [each.clip for each in frames])),
        face=altered(picture, poses, [each.alteration for each in frames], side),
        landmark_features=torch.from_numpy(
            landmark_features(pose, expression + np.stack([each.error for each in frames]))
        ),
        weight=inside * (1 + _HARD * torch.maximum(mouth, eyes)),
        eyes=inside * eyes,
        numbers=tuple(both[0].number for both in samples),
    )
