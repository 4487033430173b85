"""Five points of a face, and the upright crop that Deep3DFaceRecon's network looks at.

Source: Deng et al., "Accurate 3D Face Reconstruction with Weakly-Supervised Learning" (arXiv 1903.08527) and its
published preparation of images. Five image points are taken for an affine picture of five standard 3D points; the
least-squares fit gives the face's scale and the place of the head's origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIZE = 224
"""Side of the crop in pixels."""
STANDARD_SCALE = 102.0
"""Crop pixels a unit of the standard points, whatever the face's size in the frame."""
STANDARD = np.array(
    [
        [-0.3114865720, 0.2903607786, 0.1337795258],
        [0.3097988665, 0.2897203565, 0.1317952573],
        [0.0032534988, -0.0461793244, 0.5524424314],
        [-0.2521692813, -0.3813391626, 0.2240573168],
        [0.2484661937, -0.3812823594, 0.2223576903],
    ]
)
"""Both eyes (the image's left one first), nose tip, both mouth corners of the mean face: x right, y up, z nearer."""
STANDARD.setflags(write=False)

# What the five points are the mean of, among the 468 landmarks: the corners of each eye, below and above the nose's
# tip, mouth corners. Of 14 choices nearest to the published crops (docs/labels.md).
_FIVE = ((33, 133), (362, 263), (1, 4), (61,), (291,))


@dataclass(frozen=True)
class Alignment:
    """Where T faces are: scale [T], crop pixels a frame pixel; centre [T, 2], the head's origin in frame pixels."""

    scale: np.ndarray
    centre: np.ndarray

    def matrix(self, index: int, frame_height: int) -> np.ndarray:
        """From frame pixels to crop pixels, [2, 3].

        The published code measures y from below, between pixel centres, and cuts between pixel edges: the origin
        comes to lie half a frame pixel beside the crop's middle. Its rounding to whole pixels is left out.
        """
        scale, (x, y) = self.scale[index], self.centre[index]
        left, top = x * scale - SIZE / 2, (y + 1) * scale - SIZE / 2
        edge = (scale - 1) / 2
        return np.array([[scale, 0, edge - left], [0, scale, edge - top]])

    def published(self, frame_size: tuple[int, int]) -> np.ndarray:
        """[T, 5] as the published code writes it: frame width and height, scale, x and y of the origin, y from below.

        frame_size: (height, width).
        """
        height, width = frame_size
        x, y = self.centre.T
        count = len(self.scale)
        return np.column_stack([np.full(count, width), np.full(count, height), self.scale, x, height - 1 - y])


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """Five points [T, 5, 2] of face meshes [T, 468, 2 or more], in their pixels and in the order of STANDARD."""
    points = np.asarray(landmarks, np.float64)[..., :2]
    return np.stack([points[:, list(each)].mean(1) for each in _FIVE], axis=1)


def align(points: np.ndarray) -> Alignment:
    """The fit of five points [T, 5, 2] in frame pixels, y down.

    points ~ STANDARD @ rows.T + translation by least squares, eight parameters a face; the face's size is the mean
    length of the two rows.
    """
    design = np.column_stack([STANDARD, np.ones(len(STANDARD))])
    fitted = np.linalg.pinv(design) @ np.asarray(points, np.float64)
    size = np.linalg.norm(fitted[:, :3], axis=1).mean(1)
    return Alignment(STANDARD_SCALE / np.maximum(size, 1e-9), fitted[:, 3])
