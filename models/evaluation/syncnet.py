"""SyncNet: how well lips and sound belong together, as the distance of two embeddings of 0.2 s each.

Source: Chung and Zisserman, "Out of time: automated lip sync in the wild" (ACCV 2016 workshops); parameter names and
shapes are those of the published syncnet_v2.model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.runtime.checkpoint import load_into, tensors_for
from models.runtime.device import device as default_device
from models.runtime.device import moved

FRAMES = 5
SIZE = 224
MFCC = (13, 20)
EMBEDDING = 1024
_VIDEO = (3, FRAMES, SIZE, SIZE)
_AUDIO = (1, *MFCC)
_HIDDEN = 512


class TwoStreams(nn.Module):
    """The two networks, one for five frames and one for 20 columns of MFCC; they share nothing but the space."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_conv2(1, 64, 3, 1),
            nn.MaxPool2d(1, 1),
            *_conv2(64, 192, 3, 1),
            nn.MaxPool2d(3, (1, 2)),
            *_conv2(192, 384, 3, 1),
            *_conv2(384, 256, 3, 1),
            *_conv2(256, 256, 3, 1),
            nn.MaxPool2d(3, 2),
            *_conv2(256, _HIDDEN, (5, 4), 0),
        )
        self.netfcaud = _head()
        self.netfclip = _head()
        self.netcnnlip = nn.Sequential(
            *_conv3(3, 96, (FRAMES, 7, 7), 2, 0),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_conv3(96, 256, (1, 5, 5), 2, 1),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            *_conv3(256, 256, (1, 3, 3), 1, 1),
            *_conv3(256, 256, (1, 3, 3), 1, 1),
            *_conv3(256, 256, (1, 3, 3), 1, 1),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_conv3(256, _HIDDEN, (1, 6, 6), 1, 0),
        )

    def audio(self, x: torch.Tensor) -> torch.Tensor:
        """MFCC [B, 1, 13, 20] to embeddings [B, 1024], not normalised."""
        x = self.netcnnaud(x)  # [B, 512, 1, 1]
        return torch.as_tensor(self.netfcaud(x.flatten(1)))

    def video(self, x: torch.Tensor) -> torch.Tensor:
        """Faces [B, 3, 5, 224, 224], BGR from 0 to 255, to embeddings [B, 1024], not normalised."""
        return self.film(x)[:, 0]

    def film(self, x: torch.Tensor) -> torch.Tensor:
        """Faces [B, 3, T, 224, 224] to the embeddings [B, T - 4, 1024] of every five that follow each other."""
        x = self.netcnnlip(x).flatten(2).transpose(1, 2)  # [B, T - 4, 512]
        return torch.as_tensor(self.netfclip(x.flatten(0, 1))).unflatten(0, x.shape[:2])


class SyncNet:
    """The network of a file on a device; float32 everywhere. Both calls take a batch as large as memory allows."""

    def __init__(self, path: Path, device: torch.device | None = None) -> None:
        self._device = device or default_device()
        self._net = TwoStreams()
        load_into(self._net, path)
        self._net.to(self._device)

    def video(self, windows: np.ndarray) -> np.ndarray:
        """Embeddings [B, 1024] of [B, 3, 5, 224, 224]: five faces a window, BGR, 0 to 255 as uint8 or float32."""
        return self._embed(self._net.video, windows, _VIDEO)

    @torch.inference_mode()
    def film(self, faces: np.ndarray) -> np.ndarray:
        """Embeddings [T - 4, 1024] of a film [T, 224, 224, 3], BGR, 0 to 255 as uint8: one for every five faces."""
        batch = moved(torch.from_numpy(np.ascontiguousarray(faces)), self._device).permute(3, 0, 1, 2)[None]
        return self._net.film(batch.float().contiguous())[0].cpu().numpy()

    def audio(self, windows: np.ndarray) -> np.ndarray:
        """Embeddings [B, 1024] of [B, 1, 13, 20]: 13 cepstral coefficients at 100 Hz, 20 of them a window."""
        return self._embed(self._net.audio, windows, _AUDIO)

    @torch.inference_mode()
    def _embed(
        self, network: Callable[[torch.Tensor], torch.Tensor], windows: np.ndarray, shape: tuple[int, ...]
    ) -> np.ndarray:
        if windows.shape[1:] != shape:
            raise ValueError(f"windows of {list(windows.shape[1:])}; {list(shape)} expected")
        batch = torch.from_numpy(np.ascontiguousarray(windows))
        # pixels cross to the device as bytes and become numbers there
        batch = moved(batch, self._device).float()
        return network(batch).cpu().numpy()


def check(path: Path) -> None:
    """WrongWeights naming the first tensor by which the file differs from syncnet_v2.model."""
    with torch.device("meta"):
        net = TwoStreams()
    tensors_for(net, path)


def _conv2(channels: int, out: int, kernel: int | tuple[int, int], padding: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels, out, kernel, padding=padding), nn.BatchNorm2d(out), nn.ReLU(inplace=True)


def _conv3(channels: int, out: int, kernel: tuple[int, int, int], stride: int, padding: int) -> tuple[nn.Module, ...]:
    """A convolution over frames whose stride and padding are in the picture alone."""
    convolution = nn.Conv3d(channels, out, kernel, (1, stride, stride), (0, padding, padding))
    return convolution, nn.BatchNorm3d(out), nn.ReLU(inplace=True)


def _head() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(_HIDDEN, _HIDDEN), nn.BatchNorm1d(_HIDDEN), nn.ReLU(inplace=True), nn.Linear(_HIDDEN, EMBEDDING)
    )
