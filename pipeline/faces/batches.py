"""Frames of clip pairs as tensors: one random view for both frames of a clip, and what the losses need to know of each.

Both are seen by one camera that stands still, the crop of one of them: what is behind the head stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from models.face.augmentation import Alteration, alteration, altered, coloured, inside_lips, mouth_and_eyes, viewed
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
from models.face.layers import resized
from models.runtime.device import moved as moved_to
from pipeline.faces.detail import softened
from pipeline.faces.sampling import ClipPair
from pipeline.faces.training_clips import TrainingClips

_ERROR = 0.002
"""Standard deviation of what landmarks that z_dyn is told are off, in crop units."""
_ALL = 0.99
"""Pixels of a view of which less was filmed count nothing."""
_HARD = 6.0
"""How much more mouth and eyes count than the rest."""


@dataclass(frozen=True)
class FrameSample:
    """One frame of a clip as it is learned from.

    picture [3, S, S] in [0, 1], as it is stored; softened [3, S, S]: without streaks at its edges; inside [1, S, S]:
    where it shows what was filmed; landmarks [468, 3] in it; eyes [2, 3]. clip:
    which of the training's, and whether it is seen in a mirror. number: the clip's place in all that are drawn.
    alteration: of the face that z_dyn is read from; error [P, 3]: of what landmarks tell it.
    """

    picture: torch.Tensor
    softened: torch.Tensor
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

    picture [N, 3, S, S] in [0, 1], as networks are shown it; detailed [N, 3, F, F]: softened and as large as it is
    stored, which is drawn over and held against; pose [N, 6]; points [N, P, 3]: the EXPRESSIVE landmarks in the head's
    own units; expression [N, K] (`ExpressionSpace`); what z_dyn is read from: face [N, 3, A, A], aligned and altered,
    and landmark_features [N, LANDMARK_FEATURES], not quite exact; weight, eyes, mouth [N, 1, F, F]: how much pixels
    count, of all, of the eyes, of what is between the lips;
    numbers: of the clips, [C]; noise [N, Z]: normal numbers for z_dyn, where a training adds some.
    """

    picture: torch.Tensor
    detailed: torch.Tensor
    pose: torch.Tensor
    points: torch.Tensor
    expression: torch.Tensor
    face: torch.Tensor
    landmark_features: torch.Tensor
    weight: torch.Tensor
    eyes: torch.Tensor
    mouth: torch.Tensor
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
    return collate(samples, clips.space, side, clips.size)


def two_frames(clips: TrainingClips, pair: ClipPair, place: int, seed: int) -> tuple[FrameSample, FrameSample]:
    """Both frames of one clip of a pair, of the pair's first or second, in one random view."""
    store = clips.store
    clip, *frames = pair.clips[place]
    stored = clips.index[clip]
    random = np.random.default_rng((seed, pair.number, place, 1))
    crops = _layers(store.crops(stored, frames))
    landmarks, eyes = store.landmarks(stored, frames), store.eyes(stored, frames)
    mirror = bool(random.random() < 0.5)
    if mirror:
        crops, landmarks, eyes = crops.flip(3), mirrored(landmarks), mirrored_eyes(eyes)
    cameras = store.camera(stored, frames)
    places = relative_camera(cameras, cameras[int(random.random() < 0.5)])
    if mirror:
        places = places * np.array([-1, 1, 1], places.dtype)
    crops, landmarks, inside = viewed(crops, landmarks, places, random)
    pictures, soft = coloured(torch.cat([crops[:, :3], crops[:, 3:6]]), random).chunk(2)
    inside = inside * (crops[:, 6:] > _ALL)
    alterations = [alteration(random) for _ in range(2)]
    errors = random.normal(0, _ERROR, (2, len(EXPRESSIVE), 3))
    one, other = (
        FrameSample(*each, (clip, mirror), 2 * pair.number + place, alterations[i], errors[i])
        for i, each in enumerate(zip(pictures, soft, inside, landmarks, eyes, strict=True))
    )
    return one, other


def _layers(crops: np.ndarray) -> torch.Tensor:
    """Crops, uint8 RGB [K, S, S, 3], as they are, softened, and where they were filmed: [K, 7, S, S] in [0, 1]."""
    softer = [softened(crop) for crop in crops]
    layers = [
        np.dstack([crop, soft, 255 * seen.astype(np.uint8)]) for crop, (soft, seen) in zip(crops, softer, strict=True)
    ]
    return torch.from_numpy(np.stack(layers)).permute(0, 3, 1, 2).float() / 255


def collate(
    samples: Sequence[tuple[FrameSample, FrameSample]], space: ExpressionSpace, side: int, size: int | None = None
) -> FrameBatch:
    """Both frames of each of C clips as a batch. side: of aligned faces, size: of pictures as networks are shown them,
    in pixels; None: as large as they are."""
    frames = [both[frame] for frame in range(2) for both in samples]  # all i, then all j
    detailed = torch.stack([each.softened for each in frames])
    picture = resized(torch.stack([each.picture for each in frames]), size or detailed.shape[2])
    landmarks = np.stack([each.landmarks for each in frames])
    pose, expression = pose_and_expression(landmarks)
    reading = ClipReading(pose, expression, np.stack([each.eyes for each in frames]))
    mouth, eyes = mouth_and_eyes(landmarks, detailed.shape[2])
    inside = torch.stack([each.inside for each in frames])
    poses = torch.from_numpy(pose)
    return FrameBatch(
        picture=picture,
        detailed=detailed,
        pose=poses,
        points=torch.from_numpy(expression + resting()).float(),
        expression=torch.from_numpy(space.transform(reading, [each.clip for each in frames])),
        face=altered(picture, poses, [each.alteration for each in frames], side),
        landmark_features=torch.from_numpy(
            landmark_features(pose, expression + np.stack([each.error for each in frames]))
        ),
        weight=inside * (1 + _HARD * torch.maximum(mouth, eyes)),
        eyes=inside * eyes,
        mouth=inside * inside_lips(landmarks, detailed.shape[2]),
        numbers=tuple(both[0].number for both in samples),
    )
