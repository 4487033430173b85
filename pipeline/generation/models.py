"""The models that make a portrait speak, loaded and found to fit each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.motion.model import MotionModel
from models.runtime.checkpoint import WrongWeights
from models.runtime.device import device
from pipeline.errors import UsageError
from pipeline.faces.driving import Drive, driver_of
from pipeline.faces.provenance import model_of
from pipeline.generation.generator import check_latents, features_for, opened
from pipeline.generation.speech import SpeechFeatures


@dataclass(frozen=True)
class Models:
    """A motion generator, the features of sound that it was trained on, and the face model whose latents it moves; None
    where nothing is to be drawn. note: what is said of them in what they make."""

    motion: MotionModel
    features: SpeechFeatures
    drive: Drive | None
    note: dict[str, Any]

    @classmethod
    def of(cls, checkpoint: Path, face: Path | None) -> Models:
        """Of files. UsageError: one is none, or they do not fit each other."""
        model, recipe = opened(checkpoint, device())
        features = features_for(checkpoint, recipe)
        note = {"motion_model": model_of(checkpoint, model.preset.name)}
        if face is None:
            return cls(model, features, None, note)
        check_latents(checkpoint, recipe, face)
        try:
            drive = driver_of(face, device())
        except WrongWeights as error:
            raise UsageError(str(error)) from error
        return cls(model, features, drive, {**note, "model": model_of(face, drive.model.preset.name)})
