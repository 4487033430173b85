"""Is a file what its name in the registry says? Each model's own module knows; it is imported when it is asked."""

from __future__ import annotations

import importlib
from pathlib import Path

MODULES = {
    "scrfd": "models.detection.scrfd",
    "arcface": "models.recognition.arcface",
    "hyperiqa": "models.quality.hyperiqa",
    "l2cs": "models.gaze.l2cs",
    "deep3d": "models.landmarks.deep3d",
    "hsemotion": "models.emotion.hsemotion",
    "wav2vec2": "models.speech.wav2vec2",
    "syncnet": "models.evaluation.syncnet",
    "face_landmarker": "models.landmarks.face_landmarker",
}
"""From a name of the registry to the module whose `check(path)` raises models.runtime.checkpoint.WrongWeights."""


def check(name: str, path: Path) -> None:
    """WrongWeights naming the first tensor, input or output in which the file (or folder) is not that of `name`."""
    importlib.import_module(MODULES[name]).check(path)
