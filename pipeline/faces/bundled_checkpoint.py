"""The face model that comes with the project."""

from __future__ import annotations

from pathlib import Path

from models.weights.registry import WeightsMissing, weights
from pipeline.cli.command import Failure


def own_checkpoint() -> Path:
    """Its file. Failure: it is not as it was published."""
    try:
        return weights("face_tiny").path()
    except WeightsMissing as error:
        raise Failure(str(error)) from error
