"""ArcFace: 512 numbers a face, of length 1; the cosine between two faces tells whether they are one person's.

Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition" (arXiv 1801.07698). The published
file is w600k_r50.onnx of insightface's pack buffalo_l: a ResNet-50 trained on WebFace600K. Preprocessing is that of the
package's ArcFaceONNX, on a session of ours; its alignment is repeated here, because it takes five points that the
package detects and ours come from the face mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from insightface.model_zoo.arcface_onnx import ArcFaceONNX

from models.landmarks.five_points import five_points
from models.runtime.device import device as default_device
from models.runtime.image import cut, fitted
from models.runtime.onnx_file import Value, check_values, session

if TYPE_CHECKING:
    import torch

SIZE = 112
"""Side of the aligned face in pixels."""
LENGTH = 512
"""Numbers a face."""

TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where both eyes (the image's left one first), nose tip and mouth corners lie in the aligned face."""
TEMPLATE.setflags(write=False)

DIFFERENT, SAME = 0.2, 0.28
"""Cosines below and from which insightface's own demo of this file speaks of two people and of one.

github.com/deepinsight/insightface, web-demos/src_recognition/main.py. Programs that name people ask for more: the
package's own take .4 to .48.
"""


def check(path: Path) -> None:
    """WrongWeights naming the first input or output that is not as in the published file."""
    # the file says that one face comes out, however many go in
    check_values(path, [Value("input.1", (None, 3, SIZE, SIZE))], [Value("683", (None, LENGTH))])


class ArcFace:
    """Identity vectors [512] float32 of length 1. float32 on every device."""

    def __init__(self, path: Path, device: torch.device | None = None) -> None:
        self._net = ArcFaceONNX(str(path), session=session(path, device or default_device()))

    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """From aligned faces uint8 RGB [112, 112, 3] (`aligned`), in one batch."""
        vectors = self._net.get_feat([cv2.cvtColor(face, cv2.COLOR_RGB2BGR) for face in items])
        return list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def aligned(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face as the network wants it, uint8 RGB [112, 112, 3], from an image and landmarks [468, >=2] in its pixels.

    As the package's norm_crop cuts it, black where the image ends; but a face of more than twice the size is averaged
    down first.
    """
    matrix = alignment(five_points(landmarks[None])[0])
    return cut(image, matrix, SIZE, border=cv2.BORDER_CONSTANT)


def alignment(points: np.ndarray) -> np.ndarray:
    """The matrix [2, 3] that best puts five points [5, 2] onto the template, without mirroring."""
    return fitted(points, TEMPLATE)
