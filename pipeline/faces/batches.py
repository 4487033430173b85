"""Frames of units as tensors: one random view for both frames of a clip, and what the losses need to know of each.

Both are seen by one camera that stands still, the crop of one of them: what is behind the head stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch.nn import functional as F

from models.face.camera import between, placed
from models.face.landmarks import (
    EXPRESSIVE,
    INNER_MOUTH,
    LEFT_EYE,
    MOUTH,
    RIGHT_EYE,
    mirrored,
    mirrored_eyes,
    read,
    resting,
    told,
)
from models.face.rigid import face_frames
from models.runtime.device import moved as moved_to
from pipeline.faces.sampling import Unit
from pipeline.faces.training_clips import Pool

_TURN, _SHIFT = 8.0, 0.05
"""Standard deviations of a view's turn, in degrees, and of its shift, in crop units."""
_ZOOM = (0.95, 1.2)
_STRETCH, _SHEAR = 0.06, 0.04
"""Standard deviations of a view's width over its height, as a logarithm, and of its shear: for more shapes of faces."""
_ERROR = 0.002
"""Standard deviation of what landmarks that z_dyn is told are off, in crop units."""
_HARD = 6.0
"""How much more mouth and eyes count than the rest."""


@dataclass(frozen=True)
class Batch:
    """Frames of C clips: the i of each, then the j of each, so N = 2 C; clip c is paired with clip c ^ 1.

    picture [N, 3, S, S] in [0, 1]; pose [N, 6]; points [N, P, 3]: the EXPRESSIVE landmarks in the head's own units;
    expression [N, K] (`ExpressionSpace`); what z_dyn is read from: face [N, 3, A, A], aligned and altered, and told
    [N, TOLD], not quite exact; weight, eyes [N, 1, S, S]: how much pixels count; numbers: of the clips, [C].
    """

    picture: torch.Tensor
    pose: torch.Tensor
    points: torch.Tensor
    expression: torch.Tensor
    face: torch.Tensor
    told: torch.Tensor
    weight: torch.Tensor
    eyes: torch.Tensor
    numbers: tuple[int, ...]

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        there = {f.name: moved_to(getattr(self, f.name), device) for f in fields(self) if f.name != "numbers"}
        return Batch(**there, numbers=self.numbers)


def batch(pool: Pool, units: Sequence[Unit], side: int, seed: int) -> Batch:
    """The frames of units drawn from a pool. side: of aligned faces, in pixels."""
    store, index = pool.store, pool.index
    drawn = [(unit.number, *clip) for unit in units for clip in unit.clips]
    pictures, points, looks, altered, errors, mirrors = [], [], [], [], [], []
    for place, (number, clip, i, j) in enumerate(drawn):
        random = np.random.default_rng((seed, number, place % 2, 1))
        crops = torch.from_numpy(store.crops(index[clip], [i, j])).permute(0, 3, 1, 2).float() / 255
        landmarks, look = store.landmarks(index[clip], [i, j]), store.eyes(index[clip], [i, j])
        mirrors.append(bool(random.random() < 0.5))
        if mirrors[-1]:
            crops, landmarks, look = crops.flip(3), mirrored(landmarks), mirrored_eyes(look)
        camera = store.camera(index[clip], [i, j])
        places = between(camera, camera[int(random.random() < 0.5)])
        if mirrors[-1]:
            places = places * np.array([-1, 1, 1], places.dtype)
        crops, landmarks, inside = _viewed(crops, landmarks, places, random)
        pictures.append((_coloured(crops, random), inside))
        points.append(landmarks)
        looks.append(look)
        altered.append([_alteration(random) for _ in range(2)])
        errors.append(random.normal(0, _ERROR, (2, len(EXPRESSIVE), 3)))
    # all i, then all j
    both = [(place, frame) for frame in range(2) for place in range(len(drawn))]
    picture = torch.stack([pictures[place][0][frame] for place, frame in both])
    inside = torch.stack([pictures[place][1][frame] for place, frame in both])
    landmarks = np.stack([points[place][frame] for place, frame in both])
    pose, moved = read(landmarks)
    eyes_told = np.stack([looks[place][frame] for place, frame in both])
    clips = [(drawn[place][1], mirrors[place]) for place, _ in both]
    expression = torch.from_numpy(pool.space.told(moved, pose, eyes_told, clips))
    place_of = torch.from_numpy(pose)
    mouth, eyes = _where(landmarks, picture.shape[2])
    face = _altered(picture, place_of, [altered[place][frame] for place, frame in both], side)
    weight = inside * (1 + _HARD * torch.maximum(mouth, eyes))
    numbers = tuple(2 * number + place % 2 for place, (number, *_) in enumerate(drawn))
    wrong = np.stack([errors[place][frame] for place, frame in both])
    telling = torch.from_numpy(told(pose, moved + wrong))
    points_of = torch.from_numpy(moved + resting()).float()
    return Batch(picture, place_of, points_of, expression, face, telling, weight, inside * eyes, numbers)


def _viewed(
    crops: torch.Tensor, landmarks: np.ndarray, places: np.ndarray, random: np.random.Generator
) -> tuple[torch.Tensor, np.ndarray, torch.Tensor]:
    """Both frames, whose crops lie at `places` [2, 3] in one camera, turned, zoomed and moved alike; with where each
    has content [2, 1, S, S]."""
    angle, zoom = np.radians(random.normal(0, _TURN)), random.uniform(*_ZOOM)
    shift = random.normal(0, _SHIFT, 2)
    c, s = np.cos(angle), np.sin(angle)
    stretch = np.exp(random.normal(0, _STRETCH) / 2)
    shape = np.array([[stretch, random.normal(0, _SHEAR)], [0, 1 / stretch]])
    turn = np.array([[c, -s], [s, c]]) @ shape / zoom
    half = places[:, 2, None, None]
    to_crop = np.concatenate([turn / half, (shift - places[:, :2])[:, :, None] / half], 2)  # from the view
    where = F.affine_grid(torch.tensor(to_crop, dtype=torch.float32), list(crops.shape), align_corners=False)
    view = F.grid_sample(crops, where, padding_mode="border", align_corners=False)
    inside = (where.abs() <= 1).all(3)[:, None].float()
    points = placed(landmarks.astype(np.float64), places)
    points[..., :2] = (points[..., :2] - shift) @ np.linalg.inv(turn).T
    points[..., 2] *= zoom
    return view, points.astype(np.float32), inside


def _coloured(crops: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Another light and another skin: gain of each channel, gamma, colourfulness, contrast and brightness, the same for
    all of `crops`. A decoder that learned the colours of a few dozen people would draw them on everybody."""
    gain = torch.tensor(np.exp(random.normal(0, 0.12, (3, 1, 1))), dtype=torch.float32)
    lit = (crops ** float(np.exp(random.normal(0, 0.2))) * gain).clamp(0, 1)
    grey = lit.mean(1, keepdim=True)
    lit = grey + (lit - grey) * float(random.uniform(0.3, 1.4))
    return ((lit - 0.5) * float(random.uniform(0.75, 1.2)) + 0.5 + float(random.normal(0, 0.06))).clamp(0, 1)


@dataclass(frozen=True)
class _Alteration:
    """What happens to a face before z_dyn is read: an affine map [2, 3], a bend [2] (x grows by bend x^2, as a turned
    head's half does), gains [3], brightness, whether it is grey."""

    matrix: np.ndarray
    bend: np.ndarray
    gain: np.ndarray
    light: float
    grey: bool


def _alteration(random: np.random.Generator) -> _Alteration:
    turn = np.radians(random.normal(0, 3))
    stretch, shear = np.exp(random.normal(0, 0.08, 2)), random.normal(0, 0.06)
    c, s = np.cos(turn), np.sin(turn)
    linear = np.array([[c, -s], [s, c]]) @ np.array([[stretch[0], shear], [0, stretch[1]]])
    matrix = np.column_stack([linear, random.normal(0, 0.05, 2)])
    gain = random.normal(1, 0.1, 3) * random.uniform(0.75, 1.25)
    return _Alteration(
        matrix, random.normal(0, 0.08, 2), gain, float(random.normal(0, 0.07)), bool(random.random() < 0.3)
    )


def _altered(picture: torch.Tensor, pose: torch.Tensor, how: Sequence[_Alteration], side: int) -> torch.Tensor:
    """Aligned faces [N, 3, side, side], a little moved, squeezed and recoloured each, so that z_dyn cannot tell who."""
    maps = torch.tensor(np.stack([each.matrix for each in how]), dtype=torch.float32)
    frames = face_frames(pose)
    joined = torch.cat([frames[:, :, :2] @ maps[:, :, :2], frames[:, :, :2] @ maps[:, :, 2:] + frames[:, :, 2:]], 2)
    bend = torch.tensor(np.stack([each.bend for each in how]), dtype=torch.float32)
    at = F.affine_grid(torch.eye(2, 3).expand(len(pose), 2, 3), [len(pose), 3, side, side], align_corners=False)
    at = at + bend[:, None, None] * at**2
    where = at @ joined[:, None, :, :2].transpose(2, 3) + joined[:, None, None, :, 2]
    face = F.grid_sample(picture - 0.5, where, align_corners=False)
    gain = torch.tensor(np.stack([each.gain for each in how]), dtype=torch.float32)
    light = torch.tensor([each.light for each in how], dtype=torch.float32)
    face = face * gain[:, :, None, None] + light[:, None, None, None] + 0.5
    grey = torch.tensor([each.grey for each in how])[:, None, None, None]
    return torch.where(grey, face.mean(1, keepdim=True), face).clamp(0, 1)


def _where(landmarks: np.ndarray, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """How much a pixel belongs to the mouth and to the eyes, 0 to 1, [N, 1, S, S] each: Gaussians of their extent."""
    at = (2 * np.arange(size, dtype=np.float32) + 1) / size - 1
    maps = []
    for part in ((*MOUTH, *INNER_MOUTH), LEFT_EYE, RIGHT_EYE):
        points = landmarks[:, list(part), :2]
        middle, reach = points.mean(1), np.maximum(np.ptp(points, axis=1).max(1), 1e-3) / 2
        x, y = (np.exp(-(((at - middle[:, k : k + 1]) / (1.1 * reach[:, None])) ** 2)) for k in range(2))
        maps.append(y[:, :, None] * x[:, None, :])
    mouth, left, right = (torch.from_numpy(each.astype(np.float32))[:, None] for each in maps)
    return mouth, torch.maximum(left, right)
