"""The models that come with the project."""

from __future__ import annotations

from pathlib import Path

from models.weights.registry import WeightsMissing, weights
from pipeline.errors import UsageError


def bundled_checkpoint(name: str = "face_tiny") -> Path:
    """The file of a model of the registry, by default the face model. UsageError: it is not as it was published."""
    try:
        return weights(name).path()
    except WeightsMissing as error:
        raise UsageError(str(error)) from error
