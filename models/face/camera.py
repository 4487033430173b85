"""Where a clip's crops lie: each follows the head, the clip's camera stands still.

A camera [..., 3] is the place of one square in the units of another: x and y of its middle and half its side, in crop
units (the other square spans [-1, 1]). The whole square is (0, 0, 1). A point p of the first lies at
(x, y) + half * p in the other.

The paper's clips are cut with one box each, so a head's way through the picture is part of its pose, and what is behind
it stands still. Crops of `stages.tracking.stable_crop` follow the head instead: they are what faces are best read off.
A clip's camera is the square that its crops have in the median; crops that go farther than REACH from it, or change in
size by more than GROWN, take it along, or the head would leave the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    import torch

Numbers = TypeVar("Numbers", np.ndarray, "torch.Tensor")

WHOLE = np.array([0, 0, 1], np.float32)
WHOLE.setflags(write=False)
"""The place of a square that is the other."""
REACH, GROWN = 0.4, 1.3


def cameras(middle: np.ndarray, side: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Places float32 [T, 3] of a clip's crops in its camera.

    middle [T, 2], side [T]: of the crops, in pixels of the frame. seen [T]: where the face was; the median is theirs.
    """
    known = seen if seen.any() else np.ones(len(side), bool)
    centre, width = np.median(middle[known], 0), np.median(side[known])
    place = np.clip((middle - centre) * 2 / width, -REACH, REACH)
    return np.column_stack([place, np.clip(side / width, 1 / GROWN, GROWN)]).astype(np.float32)


def relative_camera(camera: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The place [..., 3] of one square in another, of their places [..., 3] in a third."""
    half = other[..., 2:]
    return np.concatenate([(camera[..., :2] - other[..., :2]) / half, camera[..., 2:] / half], -1)


def to_camera(points: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Points [..., P, 3] of squares in the units of the other; depth grows as the square does. camera [..., 3]."""
    out = points * camera[..., None, 2:]
    out[..., :2] += camera[..., None, :2]
    return out


def compose_pose(pose: Numbers, camera: Numbers) -> Numbers:
    """Poses [..., 6] (models/face/rigid.py) in squares [..., 3], in the units of the other."""
    out = pose.copy() if isinstance(pose, np.ndarray) else pose.clone()
    out[..., 3:] *= camera[..., 2:]
    out[..., 3:5] += camera[..., :2]
    return out


def pictured(picture: np.ndarray, camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The other square's picture, of that of a square in it, uint8 RGB [S, S, 3]; and where it shows something, [S, S].

    Elsewhere it goes on as it ends. A square that is the other is handed back as it is.
    """
    side = len(picture)
    if np.array_equal(camera, WHOLE):
        return picture, np.ones((side, side), bool)
    x, y, half = (float(number) for number in camera)
    # pixel u of the square lies at (2 u + 1) / S - 1
    shift = (np.array([x, y]) - half + 1) * side / 2 + (half - 1) / 2
    matrix = np.column_stack([half * np.eye(2), shift])
    out = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    at = (2 * np.arange(side) + 1) / side - 1
    inside = [np.abs(at - middle) <= half for middle in (x, y)]
    return out, inside[1][:, None] & inside[0][None, :]
