"""L2CS-Net: where a face looks, from one picture of it.

Source: Abdelrahman et al., arXiv 2203.03339; parameter names and shapes are those of github.com/Ahmednull/L2CS-Net and
its L2CSNet_gaze360.pkl: ResNet-50 and two heads of 90 bins, 4 degrees each from -180 on. An angle is the mean of the
bins' angles, weighted by their softmax.

Which head is which: the network returns (fc_yaw_gaze, fc_pitch_gaze). Its training, test and pipeline call them
(pitch, yaw), but the labels they were trained on are (yaw, pitch) = (atan2(x, -z), asin(y)) of Gaze360's directions
(GazeHub's data_processing_gaze360.py), in axes x to the image's left, y up, z away from the camera (Gaze360's
dataset/README.md). So the heads' names are right, the first one is our theta and the second our phi, both with our
signs: v = (-cos(phi) sin(theta), -sin(phi), -cos(phi) cos(theta)) in axes x right, y down, z away. The package draws
its arrow along the same (-cos(second) sin(first), -sin(second)), and test.py computes its errors with this v. With
the published weights, mirrored pictures change the sign of fc_yaw_gaze alone (LibreYOLO, pull request 472).
Gaze360's axes are turned so that (0, 0) looks into the camera from wherever the face is in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.runtime.checkpoint import load_into, tensors_for
from models.runtime.device import device as default_device
from models.runtime.resnet import CHANNELS, ResNet50Trunk, normalised, ready

SIZE = 448
BINS = 90
BIN_DEGREES = 4.0
FIRST_BIN = -180.0
_CPU_FACES = 4
"""Looked at in one piece on a CPU, where more cost memory (50 MB each) and save no time."""


class L2CSNet(ResNet50Trunk):
    """ResNet-50 with a head for yaw and one for pitch; `fc_finetune` is in the published file and has no use."""

    def __init__(self) -> None:
        super().__init__()
        self.fc_yaw_gaze = nn.Linear(CHANNELS[-1], BINS)
        self.fc_pitch_gaze = nn.Linear(CHANNELS[-1], BINS)
        self.fc_finetune = nn.Linear(CHANNELS[-1] + 3, 3)

    def heads(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [N, 90] of yaw and of pitch, of features [N, 2048, h, w]."""
        pooled = features.mean((2, 3))
        return self.fc_yaw_gaze(pooled), self.fc_pitch_gaze(pooled)


class L2CS:
    """(theta, phi) [2] float32 in degrees of faces; on a GPU the trunk runs in half precision, the heads in float32."""

    def __init__(self, path: Path, device: torch.device | None = None, half: bool | None = None) -> None:
        """half: whether the trunk runs in half precision; None: on a GPU it does."""
        self._device = device or default_device()
        self._half = self._device.type == "cuda" if half is None else half
        self._net = L2CSNet()
        load_into(self._net, path)
        ready(self._net, self._device)

    @torch.inference_mode()
    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """From square pictures of faces, uint8 RGB [S, S, 3] of one size S, which are brought to 448 x 448."""
        # normalised before they grow: the same numbers for less work
        faces = normalised(items, self._device)
        if faces.shape[2] != faces.shape[3]:
            raise ValueError(f"pictures of {list(faces.shape[2:])}; square ones expected")
        at_once = len(faces) if self._device.type == "cuda" else _CPU_FACES
        return list(torch.cat([self._look(part) for part in faces.split(at_once)]).cpu().numpy())

    def _look(self, faces: torch.Tensor) -> torch.Tensor:
        if faces.shape[-1] != SIZE:
            faces = functional.interpolate(faces, (SIZE, SIZE), mode="bilinear", antialias=faces.shape[-1] > SIZE)
        faces = faces.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.float16, enabled=self._half):
            features = self._net(faces)
        return angles(*self._net.heads(features.float()))


def angles(yaw: torch.Tensor, pitch: torch.Tensor) -> torch.Tensor:
    """(theta, phi) [N, 2] in degrees of logits [N, 90] of yaw and of pitch."""
    bins = FIRST_BIN + BIN_DEGREES * torch.arange(BINS, dtype=torch.float32, device=yaw.device)
    return torch.stack([logits.softmax(1) @ bins for logits in (yaw, pitch)], dim=1)


def check(path: Path) -> None:
    """WrongWeights naming the first tensor by which the file differs from L2CSNet_gaze360.pkl."""
    with torch.device("meta"):
        net = L2CSNet()
    tensors_for(net, path)
