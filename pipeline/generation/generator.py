"""A motion generator ready to be used: from sound in pieces to motion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from catalogs.tables import EMOTIONS
from models.motion.checkpoint import load_model, read_card
from models.motion.generation import Controls, Sampling, generate
from models.motion.guidance import Guidance
from models.motion.model import MotionModel
from models.runtime.checkpoint import WrongWeights
from pipeline.errors import UsageError
from pipeline.generation.controls import ControlCurves
from pipeline.generation.speech import SpeechFeatures, features_of
from stages.clip import FPS
from stages.labels.latents import FaceLatents

MOST_STEPS = 1000
"""Of the diffusion, as both presets have."""


@dataclass(frozen=True)
class Generator:
    """A model with the features of sound that it was trained on, and how it is asked."""

    model: MotionModel
    features: SpeechFeatures
    controls: ControlCurves = field(default_factory=ControlCurves)
    sampling: Sampling = Sampling()
    seed: int = 0

    def __call__(self, sound: Iterable[np.ndarray]) -> Iterator[torch.Tensor]:
        """Motions [n, D] (models/motion/space.py) as they are ready, a row for each frame of a sound in pieces [m] of
        any lengths at 16 kHz. What is kept does not grow with its length."""
        return generate(self.model, self.features(sound), self._asked, self.sampling, self.seed)

    def _asked(self, start: int) -> Controls:
        """Of the window that begins at a frame: what its middle is asked."""
        return self.controls.at((start + self.model.preset.window / 2) / FPS)


def asked_sampling(steps: int, audio: float, gaze: float) -> Sampling:
    """Windows drawn in so many steps; how much sound and gaze are guided by (VASA-1, Eq. 2)."""
    if not 1 <= steps <= MOST_STEPS:
        raise UsageError(f"--steps {steps}: give a number from 1 to {MOST_STEPS}")
    return Sampling(Guidance(audio=audio, gaze=gaze), steps)


def opened(checkpoint: Path, device: torch.device) -> tuple[MotionModel, dict[str, Any]]:
    """A motion generator's file: (the model, the recipe of its training). UsageError: it is none that can be used."""
    try:
        model, recipe = load_model(checkpoint), read_card(checkpoint)[2]
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    if model.space.emotion != len(EMOTIONS):
        raise UsageError(
            f"{checkpoint}: was trained on {model.space.emotion} coefficients of emotion, catalogs have "
            f"{len(EMOTIONS)}; train it on one"
        )
    return model.to(device), recipe


def features_for(checkpoint: Path, recipe: dict[str, Any]) -> SpeechFeatures:
    """The features of sound that a file's training says. UsageError: it does not, or there are no such here."""
    said = recipe.get("audio")
    if not isinstance(said, dict):
        raise UsageError(f"{checkpoint}: does not say which features of sound it was trained on; train it again")
    try:
        return features_of(said)
    except UsageError as error:
        raise UsageError(f"{checkpoint}: {error}") from error


def check_latents(checkpoint: Path, recipe: dict[str, Any], face: Path) -> None:
    """UsageError unless a motion generator was trained on the latents of a face model's file."""
    try:
        made = FaceLatents().with_checkpoint(face).sha256
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    wanted = (recipe.get("latents") or {}).get("sha256")
    if wanted != made:
        raise UsageError(
            f"{checkpoint} moves latents of the face model with sha256 {wanted}, those of {face} are of {made}: give "
            "--face that model's file, or --checkpoint a motion generator trained on latents of this one"
        )
