"""Is a file what its name in the registry says? Each model's own module knows; it is imported when it is asked."""

from __future__ import annotations

import importlib
from pathlib import Path

MODULES = {
    "scrfd": "models.scrfd",
    "arcface": "models.arcface",
    "hyperiqa": "models.hyperiqa",
    "l2cs": "models.l2cs",
    "deep3d": "models.deep3d",
    "hsemotion": "models.hsemotion",
    "wav2vec2": "models.wav2vec2",
    "syncnet": "models.syncnet",
    "face_landmarker": "models.face_landmarker",
}
"""From a name of the registry to the module whose `check(path)` raises models.checkpoint.WrongWeights."""


def check(name: str, path: Path) -> None:
    """WrongWeights naming the first tensor, input or output in which the file (or folder) is not that of `name`."""
    importlib.import_module(MODULES[name]).check(path)
