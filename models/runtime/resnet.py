"""The trunks of ResNet-50 and ResNet-18 (He et al., arXiv 1512.03385), as several networks share them.

Parameter names and the place of the stride are torchvision's (version "1.5": the 3x3 convolution of a block carries
it), so that checkpoints trained there load.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.utils import convert_conv2d_weight_memory_format, fuse_conv_bn_eval

from models.runtime.device import moved

CHANNELS = (256, 512, 1024, 2048)
"""Channels after layer1 to layer4."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue from 0 to 1."""
_BLOCKS = (3, 4, 6, 3)
_STEM = 64


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut: [N, channels, H, W] to [N, 4 * width, H/stride, W/stride]."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        out = width * self.expansion
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return self.relu(x.add_(shortcut))


class ResNet50Trunk(nn.Module):
    """ResNet-50 without pooling and classifier; networks derive from it, their heads stand beside `layer4`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, _STEM, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(_STEM)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = _layer(_STEM, 64, _BLOCKS[0], 1)
        self.layer2 = _layer(CHANNELS[0], 128, _BLOCKS[1], 2)
        self.layer3 = _layer(CHANNELS[1], 256, _BLOCKS[2], 2)
        self.layer4 = _layer(CHANNELS[2], 512, _BLOCKS[3], 2)

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """The outputs of layer1 to layer4 for normalised RGB [N, 3, H, W]: CHANNELS of H/4, H/8, H/16 and H/32."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        first = self.layer1(x)
        second = self.layer2(first)
        third = self.layer3(second)
        return first, second, third, self.layer4(third)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The output of layer4, [N, 2048, H/32, W/32], for normalised RGB [N, 3, H, W]."""
        return self.features(x)[-1]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut: [N, channels, H, W] to [N, width, H/stride, W/stride]."""

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or channels != width:
            self.downsample = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class ResNet18Trunk(nn.Sequential):
    """ResNet-18 without pooling and classifier: RGB [N, 3, H, W] to [N, 512, H/32, W/32]."""

    def __init__(self) -> None:
        widths = (_STEM, 128, 256, 512)
        stages = [
            nn.Sequential(BasicBlock(before, width, 1 if width == _STEM else 2), BasicBlock(width, width))
            for before, width in zip((_STEM, *widths[:-1]), widths, strict=True)
        ]
        first = nn.Conv2d(3, _STEM, 7, 2, padding=3, bias=False)
        relu, pool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)
        super().__init__(first, nn.BatchNorm2d(_STEM), relu, pool, *stages)


def normalised(images: Sequence[np.ndarray], device: torch.device) -> torch.Tensor:
    """Float32 [N, 3, H, W] on `device` of images uint8 RGB [H, W, 3] of one size, as networks trained on ImageNet want.

    ValueError for images of another kind. The bytes travel to a GPU, from pinned memory; the arithmetic is done there.
    """
    pixels = torch.from_numpy(np.stack(images))
    if pixels.ndim != 4 or pixels.shape[3] != 3 or pixels.dtype != torch.uint8:
        raise ValueError(f"images of {list(pixels.shape[1:])} {pixels.dtype}; uint8 RGB [H, W, 3] expected")
    pixels = moved(pixels, device).permute(0, 3, 1, 2)
    mean, std = (255 * torch.tensor(values, device=device)[:, None, None] for values in (_MEAN, _STD))
    return pixels.float().sub_(mean).div_(std)


def ready(net: nn.Module, device: torch.device) -> None:
    """Put a loaded network around this trunk on its device and make it fast, in place.

    Batch norms are folded into the convolutions before them and channels are stored last: a fifth less time on a CPU,
    the same numbers within 1e-6. Its tensors no longer have the published names.
    """
    for part in list(net.modules()):
        if isinstance(part, ResNet50Trunk):
            _fold(part, "conv1", "bn1")
        elif isinstance(part, Bottleneck):
            for index in "123":
                _fold(part, f"conv{index}", f"bn{index}")
            if part.downsample is not None:
                _fold(part.downsample, "0", "1")
    convert_conv2d_weight_memory_format(net.to(device), torch.channels_last)


def _fold(module: nn.Module, convolution: str, norm: str) -> None:
    first, second = module.get_submodule(convolution), module.get_submodule(norm)
    if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
        setattr(module, convolution, fuse_conv_bn_eval(first, second))
        setattr(module, norm, nn.Identity())


def _layer(channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    """`blocks` bottlenecks, the first with the stride."""
    out = width * Bottleneck.expansion
    return nn.Sequential(Bottleneck(channels, width, stride), *(Bottleneck(out, width) for _ in range(blocks - 1)))
