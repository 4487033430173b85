"""LPIPS' distance (Zhang et al., 2018, arXiv 1801.03924) on features that come with pip: dlib's face recognition.

LPIPS itself needs AlexNet's or VGG's weights, which no package brings. Its recipe is kept: features of several levels,
each pixel's brought to length 1, their squared differences summed over channels and averaged over the picture. Its
weights for channels, which people's judgements taught, are left out, so numbers are not LPIPS'.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from models.face.identity_network import IdentityNetwork
from models.recognition.face_recognition import face_of
from models.weights.registry import weights

_TINY = 1e-10


class PerceptualDistance:
    """Of two pictures of one face, 0 for the same."""

    def __init__(self) -> None:
        self._network = IdentityNetwork(weights("dlib_face_recognition").path()).eval()

    def __call__(self, picture: np.ndarray, truth: np.ndarray, landmarks: np.ndarray) -> float:
        """Of pictures uint8 RGB [S, S, 3] where the true one has its face: landmarks [468, >= 2] in its pixels."""
        faces = np.stack([face_of(each, landmarks) for each in (picture, truth)])
        pixels = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode():
            levels = [F.normalize(level, dim=1, eps=_TINY) for level in self._network.levels(pixels)]
        return float(sum(((level[0] - level[1]) ** 2).sum(0).mean() for level in levels))
