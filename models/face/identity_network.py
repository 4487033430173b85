"""dlib's face recognition network as PyTorch layers, for gradients: the frozen identity network of profile `open`.

Source, licence and layers: models/recognition/face_recognition.py, whose ONNX version gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from models.face.rigid import aligned_faces
from models.recognition.face_recognition import BLOCKS, MEAN, SIZE
from models.runtime.dlib_layers import Affine, Convolution, FullyConnected, Layer, read_layers

_HALF, _DOWN = 0.55, 0.05
"""Where dlib's own chip lies in the mean of 82 clips, as `aligned_faces` says it; it spreads by .02 and .03."""


class IdentityNetwork(nn.Module):
    """Faces [N, 3, 150, 150] in [0, 1] to identity vectors [N, 128]. Nothing in it learns."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        layers = iter(read_layers(path))
        self.first = _convolution(layers)
        self.pairs = nn.ModuleList(nn.ModuleList([_convolution(layers), _convolution(layers)]) for _ in range(BLOCKS))
        last = next(layers)
        assert isinstance(last, FullyConnected)
        self.register_buffer("last", torch.tensor(last.weights))
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None] / 255)
        self.last: torch.Tensor
        self.mean: torch.Tensor
        self.requires_grad_(False)

    def forward(self, face: torch.Tensor) -> torch.Tensor:
        return self.levels(face)[-1].mean((2, 3)) @ self.last

    def levels(self, face: torch.Tensor) -> list[torch.Tensor]:
        """The features [N, C, h, w] before each halving, and the last."""
        x = F.relu(self.first((face - self.mean) * (255 / 256)))
        found = [x]
        x = F.max_pool2d(x, 3, 2)
        for pair in self.pairs:
            one, other = pair.children()
            y = other(F.relu(one(x)))
            if one.stride == (2, 2):
                found.append(x)
                x = F.avg_pool2d(x, 2)
                y = F.pad(y, [0, x.shape[3] - y.shape[3], 0, x.shape[2] - y.shape[2]])
            x = F.relu(F.pad(x, [0, 0, 0, 0, 0, y.shape[1] - x.shape[1]]) + y)
        return [*found, x]


def chips(picture: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
    """Faces [N, 3, 150, 150] as the network wants them, cut out of pictures [N, 3, S, S] by the heads' poses alone."""
    return aligned_faces(picture, pose, SIZE, _HALF, _DOWN)


def _convolution(layers: Iterator[Layer]) -> nn.Conv2d:
    """The next convolution with the affine layer behind it folded in."""
    layer, norm = next(layers), next(layers)
    if not isinstance(layer, Convolution) or not isinstance(norm, Affine):
        raise ValueError(f"a convolution and its affine layer expected, {type(layer).__name__} found")
    filters, channels, side, _ = layer.weights.shape
    found = nn.Conv2d(channels, filters, side, layer.stride, layer.padding)
    found.weight = nn.Parameter(torch.tensor(layer.weights * norm.gain[:, None, None, None]))
    found.bias = nn.Parameter(torch.tensor(layer.bias * norm.gain + norm.bias))
    return found
