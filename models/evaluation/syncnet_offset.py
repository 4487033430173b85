"""By how much sound is late by SyncNet: embeddings of a clip's lips and sound, and the shift at which they are nearest.

As in the published evaluation (joonson/syncnet_python): a mean distance for each shift of the sound by up to 15 frames,
which is zeros beyond its ends; the shift of the least one, and by how much that is under the median (its confidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models.evaluation.syncnet import MFCC, SyncNet
from models.sync.offset import MOST, Offset

HOPS = 4
"""Columns of MFCC a frame."""
_TINY = 1e-6
"""What PyTorch's pairwise_distance adds to each difference."""


def stretch(faces: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """N windows that follow each other, to be sent to `SyncNetEmbeddings`: faces uint8 BGR [N + 4, 224, 224, 3] and
    MFCC [4 N + 16, 13] from the first window's beginning on."""
    kind = [("faces", np.uint8, faces.shape), ("mfcc", np.float32, coefficients.shape)]
    out = np.zeros((), kind)
    out["faces"], out["mfcc"] = faces, coefficients
    return out


def heard_windows(coefficients: np.ndarray) -> np.ndarray:
    """MFCC [4 N + 16, 13] in N windows [N, 1, 13, 20], one a frame."""
    return np.lib.stride_tricks.sliding_window_view(coefficients, MFCC[1], axis=0)[::HOPS, None]


class SyncNetEmbeddings:
    """Embeddings of lips and sound by the network of a file."""

    def __init__(self, path: Path, device: torch.device | None = None) -> None:
        """Raises WrongWeights."""
        self._network = SyncNet(path, device)

    def __call__(self, stretches: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Float32 [N, 2, 1024] of each `stretch` of N windows: of its faces, and of their sound."""
        network = self._network
        return [
            np.stack([network.film(each["faces"]), network.audio(heard_windows(each["mfcc"]))], axis=1)
            for each in stretches
        ]


def distances(faces: np.ndarray, sound: np.ndarray, most: int = MOST) -> np.ndarray:
    """Mean distances [2 most + 1] of embeddings [N, 1024]: in place j, faces from sound j - most frames after them."""
    padded = np.pad(sound, ((most, most), (0, 0)))
    return np.array(
        [
            np.linalg.norm(faces - padded[shift : shift + len(faces)] + _TINY, axis=1).mean()
            for shift in range(2 * most + 1)
        ]
    )


def nearest(means: np.ndarray) -> Offset:
    """The shift of the least of mean distances [2 K + 1], in frames by which the sound is late; sure: SyncNet's
    confidence, S_C."""
    best = int(np.argmin(means))
    return Offset(best - len(means) // 2, float(np.median(means) - means[best]))
