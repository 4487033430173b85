"""A synchronisation network of a file over whole clips, as the label of a clip takes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models.runtime.device import device as default_device
from models.sync.checkpoint import load_sync
from models.sync.face_features import WIDTH
from models.sync.network import cosines
from models.sync.offset import MOST


class SyncScorer:
    """Cosines of clips' faces and sound at every offset up to `MOST` frames to either side."""

    def __init__(self, path: Path, device: torch.device | None = None) -> None:
        """Raises WrongWeights."""
        self._network = load_sync(path).to(device or default_device())

    def __call__(self, clips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Cosines [T, 2 MOST + 1] (`models.sync.network.similarity`) of clips, each float32 [T, A + WIDTH]: in a row a
        frame's features of sound, then those of the face (`models.sync.face_features`)."""
        return [cosines(self._network, clip[:, :-WIDTH], clip[:, -WIDTH:], MOST) for clip in clips]
