"""The stages a recipe can be made of: for each role, the stages that can fill it, by name.

A stage whose networks need PyTorch is imported only when a recipe asks for it.
"""

from __future__ import annotations

import importlib
from typing import Any, Literal

from stages.clip import Stage

VARIANTS: dict[str, dict[str, str]] = {
    "probe": {"header": "stages.labels.probe:Probe"},
    "speech": {"silero": "stages.labels.speech:Speech"},
    "screen": {"keyframes": "stages.tracking.screen:Screen"},
    "track": {"mesh": "stages.tracking.track:FaceTrack"},
    "motion": {"mesh": "stages.labels.motion:Motion"},
    "quality": {"spectral": "stages.labels.quality:Quality", "hyperiqa": "stages.labels.hyperiqa:HyperIqaQuality"},
    "pose": {"mesh": "stages.labels.pose:Pose"},
    "gaze": {"iris": "stages.labels.gaze:Gaze", "l2cs": "stages.labels.l2cs:L2csGaze"},
    "distance": {"mesh": "stages.labels.distance:Distance", "deep3d": "stages.labels.deep3d:Deep3dDistance"},
    "emotion": {"fer": "stages.labels.emotion:Emotion", "hsemotion": "stages.labels.hsemotion:HsEmotion"},
    "audio": {"logmel": "stages.labels.audio:LogMel", "wav2vec2": "stages.labels.wav2vec2:Wav2Vec2Audio"},
    "identity": {"dlib": "stages.labels.identity:Identity", "arcface": "stages.labels.arcface:ArcFaceIdentity"},
    "latents": {"face": "stages.labels.latents:FaceLatents"},
    "frames": {"webp": "stages.labels.frames:FaceFrames"},
}
"""Role to the stages that can fill it, as variant to "module:class"; the first one is the one of profile `open`."""

OPTIONAL = {"frames": "--frames"}
"""The roles that a recipe has only where they are asked for, and the option of jobs/extract.py that does."""

Preset = Literal["tiny", "base", "paper"]
FRAME_SIZES: dict[str, int] = {"tiny": 96, "base": 256, "paper": 512}
"""Preset of the face networks to the pixels of the crops they are trained on."""

PROFILES: dict[str, dict[str, str]] = {
    "open": {},
    "paper": {
        "quality": "hyperiqa",
        "gaze": "l2cs",
        "distance": "deep3d",
        "emotion": "hsemotion",
        "audio": "wav2vec2",
        "identity": "arcface",
    },
}
"""Profile to the variants it takes in place of the first ones."""

DETECTORS = {"open": "blazeface", "paper": "scrfd"}
"""Profile to the face detector of its stages `screen` and `track`."""


def stage(role: str, variant: str) -> Stage:
    """The stage with its default parameters. KeyError: no such variant. ImportError says what to install."""
    module, _, name = VARIANTS[role][variant].partition(":")
    try:
        return getattr(importlib.import_module(module), name)()
    except ModuleNotFoundError as error:
        raise ImportError(f"{role}={variant} needs the package {error.name}: run make paper in the project") from error


def variant_of(stage: Any) -> str:
    """The name of a stage among those of its role; its class's name for one that is in no table."""
    own = f"{type(stage).__module__}:{type(stage).__name__}"
    named = {path: name for name, path in VARIANTS.get(stage.name, {}).items()}
    return named.get(own, type(stage).__name__)


def default_variant(role: str) -> str:
    """The variant of profile `open`."""
    return next(iter(VARIANTS[role]))
