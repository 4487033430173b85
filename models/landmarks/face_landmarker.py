"""MediaPipe's face landmarker: 478 landmarks of a 256x256 patch, and from them 52 expression scores (blendshapes).

The file is a zip of networks. Source: developers.google.com/mediapipe (model cards "MediaPipe Face Mesh V2" and
"Blendshape V2"); which landmarks the scores are told by, and their names, are MediaPipe's face_blendshapes_graph.cc.
From MediaPipe's own landmarks the scores are MediaPipe's to 1e-5. It looks where its detector says, we look around
known landmarks: on 46 pictures of ten people at 256 pixels the landmarks then lie .7 pixels from its own, the scores
.02; jawOpen and eyeBlink correlate at .98, mouthSmile at .99.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from models.landmarks.face_mesh import SIZE as MESH_SIZE
from models.landmarks.face_mesh import region_of
from models.runtime.image import cut, to_frame
from models.runtime.litert import LiteRT
from models.weights.registry import weights

SIZE = 256
POINTS = 478

_NAMES = """
_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight eyeLookOutLeft
eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft
jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft
mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight mouthRollLower
mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft mouthStretchRight
mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight
"""
NAMES = tuple(_NAMES.split())
"""Of the scores, in their order; left and right are the person's own."""

_LANDMARKS, _SCORES = "face_landmarks_detector.tflite", "face_blendshapes.tflite"
_OUTPUTS = {_LANDMARKS: ("Identity", "Identity_1"), _SCORES: ("StatefulPartitionedCall:0",)}
_INPUTS = {_LANDMARKS: (1, SIZE, SIZE, 3), _SCORES: (1, 146, 2)}
_TOLD_BY = (
    *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80),
    *(81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153),
    *(154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249),
    *(251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314),
    *(317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382),
    *(384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, *range(468, POINTS)),
)


class FaceLandmarker:
    """Landmarks and expression scores of a face whose landmarks are roughly known."""

    def __init__(self) -> None:
        networks = _networks(weights("face_landmarker").path())
        self._landmarks, self._scores = networks[_LANDMARKS], networks[_SCORES]

    def landmarks(self, image: np.ndarray, around: np.ndarray) -> tuple[np.ndarray, float]:
        """Landmarks [478, 3] in pixels of uint8 RGB [H, W, 3], and presence: a logit, above 0 a face.

        around: landmarks [N >= 468, >= 2] of the face, MediaPipe's numbers.
        """
        matrix = _region(around)
        points, presence = self._landmarks(cut(image, matrix, SIZE), 1 / 255)
        out = points.reshape(POINTS, 3).astype(np.float64)
        # the network counts pixel edges, `cut` pixel centres
        out[:, :2] -= 0.5
        return to_frame(out, matrix), float(presence.item())

    def scores(self, landmarks: np.ndarray) -> np.ndarray:
        """Scores [52] in the order of NAMES, 0 to 1, of landmarks [478, >= 2] in pixels."""
        (scores,) = self._scores(landmarks[list(_TOLD_BY), :2].astype(np.float32), 1.0)
        return np.asarray(scores, np.float64)


def check(path: Path) -> None:
    """WrongWeights naming the first network of the zip that is missing or is not as published."""
    # its module imports PyTorch, which takes seconds and is not needed to run the networks
    from models.runtime.checkpoint import WrongWeights

    try:
        _networks(path)
    except zipfile.BadZipFile as error:
        raise WrongWeights(f"{path}: not a zip of networks; download it again") from error
    except ValueError as error:
        raise WrongWeights(f"{path}: {error}; get the published file") from error


def _networks(path: Path) -> dict[str, LiteRT]:
    """By name. ValueError says which is missing or differs."""
    out = {}
    with zipfile.ZipFile(path) as archive:
        for name, outputs in _OUTPUTS.items():
            if name not in archive.namelist():
                raise ValueError(f"has no {name}")
            out[name] = LiteRT(archive.read(name), outputs)
            if out[name].shape != _INPUTS[name]:
                raise ValueError(f"{name} takes {list(out[name].shape)}, expected {list(_INPUTS[name])}")
    return out


def _region(around: np.ndarray) -> np.ndarray:
    """The matrix of the patch: that of the face mesh, in pixels of this network."""
    scale = SIZE / MESH_SIZE
    matrix = region_of(around) * scale
    matrix[:, 2] += (scale - 1) / 2
    return matrix
