"""All networks that can be measured. Each opens its packages and files when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.networks import detectors, faces, latents, light, sound
from benchmarks.networks.case import Case
from benchmarks.networks.material import Material

Open = Callable[[Material, Path, torch.device], Case]
"""Makes a case of what to show, a folder for weights, and a device."""

PAPER: dict[str, Open] = {
    "hyperiqa": faces.hyperiqa,
    "l2cs": faces.l2cs,
    "deep3d": faces.deep3d,
    "hsemotion": faces.hsemotion,
    "arcface": faces.arcface,
    "scrfd": detectors.scrfd,
    "wav2vec2": sound.wav2vec2,
    "syncnet": sound.syncnet,
}
"""By name in the registry of weights."""

ON_CPU: dict[str, Open] = {
    "blazeface_full": light.blazeface_full,
    "blazeface_short": light.blazeface_short,
    "face_mesh": light.face_mesh,
    "iris": light.iris,
    "fer_mini_xception": light.fer,
    "dlib_face_recognition": light.dlib,
    "silero_vad": sound.silero,
}
"""Those of profile `open`, which run on the CPU alone; for comparison, held to no goal."""

OWN: dict[str, Open] = {"face_tiny": latents.face_tiny}
"""Trained by this project."""

REPOSITORY: dict[str, Open] = {**OWN, "whisper_tiny_en": sound.whisper, "sync_tiny": sound.sync_tiny}
"""Of profile `open`, on whatever device there is; their weights lie in this repository."""

ALL: dict[str, Open] = {**PAPER, "scrfd_2.5g": detectors.scrfd_small, **REPOSITORY, **ON_CPU}
"""By name; beside the others a real, smaller SCRFD."""
