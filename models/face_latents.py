"""The encoders of a face model alone: from frames to the latents of models/face, without anything that draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models.device import device as default_device
from models.device import moved
from models.face.checkpoint import load_model
from models.face.rigid import aligned_faces


class FaceEncoders:
    """Head pose and z_dyn of frames, and z_id of those that ask for it; float32 on every device.

    On CPUs bfloat16 takes 0.6 of the time, but z_dyn differs by up to .005 where numbers vary by .14.
    """

    def __init__(self, path: Path, device: torch.device | None = None) -> None:
        """Raises WrongWeights."""
        self._device = device or default_device()
        model = load_model(path).to(self._device)
        self._side = model.preset.face
        self._pose, self._dynamics, self._identity = model.pose, model.dynamics, model.identity

    @torch.inference_mode()
    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """float32 [6 + Z], [6 + Z + I k k] where z_id is asked for, of frames.

        A frame is a structured array: picture uint8 RGB [S, S, 3], the stable crop at the preset's size; pose float32
        [6] and told float32 [TOLD], read from landmarks (presets that learn the pose do without); who, whether z_id is
        asked for.
        """
        pixels = moved(torch.from_numpy(np.stack([item["picture"] for item in items])), self._device)
        picture = pixels.permute(0, 3, 1, 2).float() / 255
        telling = None
        if self._pose is None:
            pose, telling = (
                moved(torch.from_numpy(np.stack([item[name] for item in items])), self._device)
                for name in ("pose", "told")
            )
        else:
            pose = self._pose(picture)
        dynamics = self._dynamics(aligned_faces(picture, pose, self._side), telling)
        answers = list(torch.cat([pose, dynamics], 1).cpu().numpy())
        asked = [place for place, item in enumerate(items) if item["who"]]
        if asked:
            identity = self._identity(picture[asked]).flatten(1).cpu().numpy()
            for place, own in zip(asked, identity, strict=True):
                answers[place] = np.concatenate([answers[place], own])
        return answers
