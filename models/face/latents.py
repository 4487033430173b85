"""The encoders of a face model alone: from frames to the latents of models/face, without anything that draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models.face.checkpoint import load_model
from models.face.rigid import aligned_faces
from models.runtime.device import device as default_device
from models.runtime.device import moved


class FaceEncoders:
    """Head pose and z_dyn of frames, and z_id of those that ask for it; float32 on every device.

    On CPUs bfloat16 takes 0.6 of the time, but z_dyn then differs by up to .1 where it varies by .5.
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
        [6] and landmark_features float32 [LANDMARK_FEATURES], read from landmarks (presets that learn the pose do
        without); who, whether z_id is asked for.
        """
        picture, pose_and_features = self.inputs(items)
        pose, dynamics = self.motion(picture, pose_and_features)
        answers = list(torch.cat([pose, dynamics], 1).cpu().numpy())
        asked = [place for place, item in enumerate(items) if item["who"]]
        if asked:
            identity = self._identity(picture[asked]).flatten(1).cpu().numpy()
            for place, own in zip(asked, identity, strict=True):
                answers[place] = np.concatenate([answers[place], own])
        return answers

    def inputs(self, items: Sequence[np.ndarray]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor] | None]:
        """Pictures [N, 3, S, S] in [0, 1]; and pose [N, 6] and landmark_features [N, LANDMARK_FEATURES], but of presets
        that learn the pose."""
        pixels = self._stacked(items, "picture")
        # sampling faces from pictures whose channels come last takes a fifth longer
        picture = pixels.permute(0, 3, 1, 2).contiguous().float() / 255
        if self._pose is not None:
            return picture, None
        return picture, (self._stacked(items, "pose"), self._stacked(items, "landmark_features"))

    def motion(
        self, picture: torch.Tensor, pose_and_features: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pose [N, 6] and z_dyn [N, Z] of `inputs`: the networks and nothing else."""
        if self._pose is None:
            assert pose_and_features is not None
            pose, features = pose_and_features
        else:
            pose, features = self._pose(picture), None
        return pose, self._dynamics(aligned_faces(picture, pose, self._side), features)

    def _stacked(self, items: Sequence[np.ndarray], name: str) -> torch.Tensor:
        return moved(torch.from_numpy(np.stack([item[name] for item in items])), self._device)
