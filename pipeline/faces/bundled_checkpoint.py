"""The face model that comes with the project."""

from __future__ import annotations

from pathlib import Path

from models.weights.registry import WeightsMissing, weights
from pipeline.errors import UsageError


def bundled_checkpoint() -> Path:
    """Its file. UsageError: it is not as it was published."""
    try:
        return weights("face_tiny").path()
    except WeightsMissing as error:
        raise UsageError(str(error)) from error
