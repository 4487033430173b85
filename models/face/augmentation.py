"""What is done to frames at random before a face model learns from them, and where in them mouth and eyes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from models.face.camera import to_camera
from models.face.landmarks import INNER_MOUTH, LEFT_EYE, MOUTH, RIGHT_EYE
from models.face.rigid import face_frames

_TURN, _SHIFT = 8.0, 0.05
"""Standard deviations of a view's turn, in degrees, and of its shift, in crop units."""
_ZOOM = (0.95, 1.2)
_STRETCH, _SHEAR = 0.06, 0.04
"""Standard deviations of a view's width over its height, as a logarithm, and of its shear: for more shapes of faces."""
_BITS = 4
"""Of what outlines have behind the point, in pixels."""


def viewed(
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
    points = to_camera(landmarks.astype(np.float64), places)
    points[..., :2] = (points[..., :2] - shift) @ np.linalg.inv(turn).T
    points[..., 2] *= zoom
    return view, points.astype(np.float32), inside


def coloured(crops: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Another light and another skin: gain of each channel, gamma, colourfulness, contrast and brightness, the same for
    all of `crops`. A decoder that learned the colours of a few dozen people would draw them on everybody."""
    gain = torch.tensor(np.exp(random.normal(0, 0.12, (3, 1, 1))), dtype=torch.float32)
    lit = (crops ** float(np.exp(random.normal(0, 0.2))) * gain).clamp(0, 1)
    grey = lit.mean(1, keepdim=True)
    lit = grey + (lit - grey) * float(random.uniform(0.3, 1.4))
    return ((lit - 0.5) * float(random.uniform(0.75, 1.2)) + 0.5 + float(random.normal(0, 0.06))).clamp(0, 1)


@dataclass(frozen=True)
class Alteration:
    """What happens to a face before z_dyn is read: an affine map [2, 3], a bend [2] (x grows by bend x^2, as a turned
    head's half does), gains [3], brightness, whether it is grey."""

    matrix: np.ndarray
    bend: np.ndarray
    gain: np.ndarray
    light: float
    grey: bool


def alteration(random: np.random.Generator) -> Alteration:
    """One at random."""
    turn = np.radians(random.normal(0, 3))
    stretch, shear = np.exp(random.normal(0, 0.08, 2)), random.normal(0, 0.06)
    c, s = np.cos(turn), np.sin(turn)
    linear = np.array([[c, -s], [s, c]]) @ np.array([[stretch[0], shear], [0, stretch[1]]])
    matrix = np.column_stack([linear, random.normal(0, 0.05, 2)])
    gain = random.normal(1, 0.1, 3) * random.uniform(0.75, 1.25)
    return Alteration(
        matrix, random.normal(0, 0.08, 2), gain, float(random.normal(0, 0.07)), bool(random.random() < 0.3)
    )


def altered(picture: torch.Tensor, pose: torch.Tensor, how: Sequence[Alteration], side: int) -> torch.Tensor:
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


def mouth_and_eyes(landmarks: np.ndarray, size: int) -> tuple[torch.Tensor, torch.Tensor]:
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


def inside_lips(landmarks: np.ndarray, size: int) -> torch.Tensor:
    """How much of a pixel lies between the inner lips, 0 to 1, [N, 1, S, S]: what closed lips hide."""
    at = ((landmarks[:, list(INNER_MOUTH), :2] + 1) / 2 * size - 0.5) * 2**_BITS
    maps = np.zeros((len(landmarks), size, size), np.uint8)
    for drawn, outline in zip(maps, at.round().astype(np.int32), strict=True):
        cv2.fillPoly(drawn, [np.ascontiguousarray(outline)], 255, cv2.LINE_AA, _BITS)
    return torch.from_numpy(maps)[:, None].float() / 255
