"""The encoders of the face latent model: from stable crops to pose, z_dyn and z_id."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.networks.case import About, Case
from benchmarks.networks.faces import looped
from benchmarks.networks.material import MINUTE, Material
from models.face.rigid import aligned_faces
from models.face_latents import FaceEncoders
from models.weights import weights
from stages.clip import FPS
from stages.latents import FaceLatents


def face_tiny(material: Material, folder: Path, device: torch.device) -> Case:
    return encoders(material, FaceLatents(), weights("face_tiny").path(), device)


def encoders(
    material: Material, stage: FaceLatents, path: Path, device: torch.device, batch: int | None = None
) -> Case:
    """The model of a file as `stage` asks it. bare: its networks on the same frames, already as float numbers."""
    model, minute = FaceEncoders(path, device), material.minute()
    items = [item for item in stage.items(minute) if not item["who"]][: batch or stage.batch]  # z_id: once a clip
    picture = torch.stack([torch.from_numpy(item["picture"].copy()) for item in items]).to(device)
    picture = picture.permute(0, 3, 1, 2).float().contiguous() / 255
    pose = torch.stack([torch.from_numpy(item["pose"].copy()) for item in items]).to(device)
    told = torch.stack([torch.from_numpy(item["told"].copy()) for item in items]).to(device)

    def bare(pictures: torch.Tensor) -> torch.Tensor:
        where = pose if model._pose is None else model._pose(pictures)
        face = aligned_faces(pictures, where, model._side)
        return model._dynamics(face, None if model._pose is not None else told)

    return Case(
        About(
            item=f"frame of {stage.size} x {stage.size}",
            batch=len(items),
            at_once=len(items),
            per_minute=MINUTE * FPS,
            stage=f"{stage.name}={stage.variant}",
        ),
        ours=lambda: model(items),
        bare=looped(bare, [picture], device),
        prepare=lambda: stage.items(minute),
    )
