"""The encoders of the face latent model: from stable crops to pose, z_dyn and z_id."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.networks.case import About, Case
from benchmarks.networks.faces import looped
from benchmarks.networks.material import MINUTE, Material
from models.face.latents import FaceEncoders
from models.weights.registry import weights
from stages.clip import FPS
from stages.labels.latents import FaceLatents


def face_tiny(material: Material, folder: Path, device: torch.device) -> Case:
    return encoders(material, FaceLatents(), weights("face_tiny").path(), device)


def encoders(
    material: Material, stage: FaceLatents, path: Path, device: torch.device, batch: int | None = None
) -> Case:
    """The model of a file as `stage` asks it. bare: its networks on the same frames, already as float numbers."""
    model, minute = FaceEncoders(path, device), material.minute()
    items = [item for item in stage.items(minute) if not item["who"]][: batch or stage.batch]  # z_id: once a clip
    picture, read = model.inputs(items)

    def bare(pictures: torch.Tensor) -> torch.Tensor:
        return model.motion(pictures, read)[1]

    return Case(
        About(
            item=f"frame of {stage.size} x {stage.size}",
            batch=len(items),
            at_once=len(items),
            per_minute=MINUTE * FPS,
            stage=f"{stage.name}={stage.variant}",
        ),
        ours=lambda: model(items),
        bare=looped(bare, [picture.contiguous()], device),
        prepare=lambda: stage.items(minute),
    )
