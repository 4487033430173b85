"""HyperIQA: the quality of a picture from 0 to 100, higher is better, without a reference.

Source: Su et al., CVPR 2020, "Blindly Assess Image Quality in the Wild Guided by a Self-adaptive Hyper Network";
parameter names, shapes and preprocessing are those of github.com/SSL92/hyperIQA and its koniq_pretrained.pkl, trained
on KonIQ-10k. A hyper network looks at what a picture shows and writes the weights of a small network, which judges
local distortions: every picture has weights of its own, and those of a batch are multiplied at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
import torch
from torch import nn

from models.runtime.checkpoint import load_into, tensors_for
from models.runtime.device import device as default_device
from models.runtime.resnet import CHANNELS, ResNet50Trunk, normalised, ready

HEIGHT, WIDTH = 512, 384
"""Of the pictures that crops are taken from: the published code asks for 512 x 384, height first."""
CROP = 224
CROPS = 25

_HYPER = 112
_TARGET = (224, 112, 56, 28, 14)
_LOCAL = (16, 32, 64)
_LOCAL_OUT = 16
_GRID = CROP // 32
_AT_ONCE = {"cuda": 128, "cpu": 8}


class LocalTrunk(ResNet50Trunk):
    """ResNet-50 with a look at local distortions after each of its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.lda1_pool = _local_pool(CHANNELS[0], _LOCAL[0])
        self.lda1_fc = nn.Linear(_LOCAL[0] * 64, _LOCAL_OUT)
        self.lda2_pool = _local_pool(CHANNELS[1], _LOCAL[1])
        self.lda2_fc = nn.Linear(_LOCAL[1] * 16, _LOCAL_OUT)
        self.lda3_pool = _local_pool(CHANNELS[2], _LOCAL[2])
        self.lda3_fc = nn.Linear(_LOCAL[2] * 4, _LOCAL_OUT)
        self.lda4_fc = nn.Linear(CHANNELS[3], _TARGET[0] - 3 * _LOCAL_OUT)

    def views(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Local distortions [N, 224] and what is shown [N, 2048, 7, 7], of normalised RGB [N, 3, 224, 224]."""
        first, second, third, last = self.features(x)
        local = [
            self.lda1_fc(self.lda1_pool(first).flatten(1)),
            self.lda2_fc(self.lda2_pool(second).flatten(1)),
            self.lda3_fc(self.lda3_pool(third).flatten(1)),
            self.lda4_fc(last.mean((2, 3))),
        ]
        return torch.cat(local, dim=1), last


class HyperNet(nn.Module):
    """Quality [N] of normalised RGB crops [N, 3, 224, 224]."""

    def __init__(self) -> None:
        super().__init__()
        self.res = LocalTrunk()
        self.conv1 = nn.Sequential(
            nn.Conv2d(CHANNELS[3], 1024, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(1024, 512, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(512, _HYPER, 1),
            nn.ReLU(inplace=True),
        )
        self.fc1w_conv, self.fc1b_fc = _weights_of(0), nn.Linear(_HYPER, _TARGET[1])
        self.fc2w_conv, self.fc2b_fc = _weights_of(1), nn.Linear(_HYPER, _TARGET[2])
        self.fc3w_conv, self.fc3b_fc = _weights_of(2), nn.Linear(_HYPER, _TARGET[3])
        self.fc4w_conv, self.fc4b_fc = _weights_of(3), nn.Linear(_HYPER, _TARGET[4])
        self.fc5w_fc, self.fc5b_fc = nn.Linear(_HYPER, _TARGET[4]), nn.Linear(_HYPER, 1)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        local, shown = self.res.views(crops)
        hyper = self.conv1(shown)  # [N, 112, 7, 7]
        return self.judge(local, hyper)

    def judge(self, local: torch.Tensor, hyper: torch.Tensor) -> torch.Tensor:
        """Quality [N] of local distortions [N, 224], by the network that hyper features [N, 112, 7, 7] write."""
        pooled = hyper.mean((2, 3))
        x = local[:, :, None]  # [N, 224, 1]
        for weight, bias in (
            (self.fc1w_conv, self.fc1b_fc),
            (self.fc2w_conv, self.fc2b_fc),
            (self.fc3w_conv, self.fc3b_fc),
            (self.fc4w_conv, self.fc4b_fc),
        ):
            own = weight(hyper).reshape(len(x), bias.out_features, x.shape[1])  # [N, out, in]
            x = torch.sigmoid(torch.baddbmm(bias(pooled)[:, :, None], own, x))
        return (self.fc5w_fc(pooled) * x[:, :, 0]).sum(1) + self.fc5b_fc(pooled)[:, 0]


class HyperIQA:
    """Quality [1] float32 of pictures, the mean over `crops` of their crops.

    On a GPU the trunk runs in half precision and what follows in float32, on a CPU all of it in float32. The crops of
    a batch are judged `_AT_ONCE` at a time, whichever picture they are from, which bounds the memory (CPU: 0.3 GB).
    """

    def __init__(
        self, path: Path, device: torch.device | None = None, crops: int = CROPS, half: bool | None = None
    ) -> None:
        """half: whether the trunk runs in half precision; None: on a GPU it does."""
        self._device = device or default_device()
        self._half = self._device.type == "cuda" if half is None else half
        self._crops = crops
        self._net = HyperNet()
        load_into(self._net, path)
        ready(self._net, self._device)
        self._at_once = _AT_ONCE.get(self._device.type, _AT_ONCE["cpu"])

    @torch.inference_mode()
    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """From pictures uint8 RGB [512, 384, 3] (`picture`)."""
        pictures = normalised(items, self._device)
        if pictures.shape[2:] != (HEIGHT, WIDTH):
            raise ValueError(f"pictures of {list(pictures.shape[2:])}; [{HEIGHT}, {WIDTH}] expected")
        corners = torch.from_numpy(np.concatenate([crop_corners(item, self._crops) for item in items]))
        owner = torch.arange(len(items)).repeat_interleave(self._crops)
        where = torch.cat([owner[:, None], corners], dim=1).to(self._device)
        # [B, 289, 161, 3, 224, 224]: every crop of every picture, a view that takes no memory
        every = pictures.unfold(2, CROP, 1).unfold(3, CROP, 1).permute(0, 2, 3, 1, 4, 5)
        scores = [self._score(every[tuple(part.T)]) for part in where.split(self._at_once)]
        means = torch.cat(scores).reshape(len(items), self._crops).mean(1, keepdim=True)
        return list(means.cpu().numpy())

    def _score(self, crops: torch.Tensor) -> torch.Tensor:
        crops = crops.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.float16, enabled=self._half):
            local, shown = self._net.res.views(crops)
        return self._net.judge(local.float(), self._net.conv1(shown.float()))


def picture(image: np.ndarray) -> np.ndarray:
    """What crops are taken from: uint8 RGB [H, W, 3] of any size as [512, 384, 3], its proportions not kept.

    Without aliasing along an axis that shrinks, linear along one that grows.
    """
    for size, grows in (((WIDTH, image.shape[0]), image.shape[1] < WIDTH), ((WIDTH, HEIGHT), image.shape[0] < HEIGHT)):
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if grows else cv2.INTER_AREA)
    return image


def crop_corners(image: np.ndarray, count: int) -> np.ndarray:
    """Upper left corners (y, x) [count, 2] of a picture's random crops; the picture itself is the seed."""
    rng = np.random.default_rng(crc32(np.ascontiguousarray(image).data))
    return rng.integers(0, (HEIGHT - CROP + 1, WIDTH - CROP + 1), (count, 2))


def check(path: Path) -> None:
    """WrongWeights naming the first tensor by which the file differs from koniq_pretrained.pkl."""
    with torch.device("meta"):
        net = HyperNet()
    tensors_for(net, path)


def _local_pool(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.AvgPool2d(7, 7))


def _weights_of(layer: int) -> nn.Conv2d:
    """The convolution that writes the weights of one layer of the small network, as so many channels of 7 x 7."""
    return nn.Conv2d(_HYPER, _TARGET[layer] * _TARGET[layer + 1] // _GRID**2, 3, padding=1)
