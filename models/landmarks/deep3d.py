"""Deep3DFaceRecon's network: a face in an aligned crop to the 257 coefficients of a 3D face model and its camera.

Source: Deng et al., arXiv 1903.08527; parameter names and shapes are those of the published epoch_20.pth (key
`net_recon`). What the coefficients mean: models/landmarks/deep3d_camera.py. Rendering the face model, whose basis has a
licence of its own, is not needed for pose and distance and is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.landmarks.five_points import SIZE
from models.runtime.checkpoint import load_into, tensors_for
from models.runtime.device import device as default_device
from models.runtime.device import moved
from models.runtime.resnet import CHANNELS, ResNet50Trunk, ready

_INSIDE = ("net_recon",)
_WIDTHS = (80, 64, 80, 3, 27, 2, 1)
_CPU_FACES = 16
"""Looked at in one piece on a CPU, where more cost memory (15 MB each) and save no time."""


class ReconNet(nn.Module):
    """ResNet-50 with one 1x1 convolution a group of coefficients; translation has two, (x, y) and z."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = ResNet50Trunk()
        self.final_layers = nn.ModuleList(nn.Conv2d(CHANNELS[-1], width, 1) for width in _WIDTHS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """RGB [N, 3, 224, 224] from 0 to 1, not normalised further, to coefficients [N, 257]."""
        x = self.backbone(x).mean((2, 3), keepdim=True)  # [N, 2048, 1, 1]
        return torch.cat([layer(x) for layer in self.final_layers], dim=1).flatten(1)


class Deep3D:
    """Coefficients [257] float32 of faces; float32 on every device."""

    def __init__(self, path: Path, device: torch.device | None = None) -> None:
        self._device = device or default_device()
        self._net = ReconNet()
        load_into(self._net, path, _INSIDE)
        ready(self._net, self._device)

    @torch.inference_mode()
    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """From crops uint8 RGB [224, 224, 3], cut as `models.landmarks.five_points` says."""
        faces = torch.from_numpy(np.stack(items))
        if faces.shape[1:] != (SIZE, SIZE, 3) or faces.dtype != torch.uint8:
            raise ValueError(f"crops of {list(faces.shape[1:])} {faces.dtype}; uint8 [{SIZE}, {SIZE}, 3] expected")
        # bytes lie in memory with their channels last, which is what the network is fastest with
        faces = moved(faces, self._device).permute(0, 3, 1, 2).float().div_(255)
        at_once = len(faces) if self._device.type == "cuda" else _CPU_FACES
        return list(torch.cat([self._net(part) for part in faces.split(at_once)]).cpu().numpy())


def check(path: Path) -> None:
    """WrongWeights naming the first tensor by which the file differs from epoch_20.pth."""
    with torch.device("meta"):
        net = ReconNet()
    tensors_for(net, path, _INSIDE)
