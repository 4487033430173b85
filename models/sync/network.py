"""Two small networks whose answers agree where sound and face are of the same moment, as in SyncNet (Chung and
Zisserman 2016), of features in place of pixels and learned as in CLIP: the score of an offset is a mean cosine."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models.sync.face_features import DYNAMICS, WIDTH

_INNER, _OUT, _TAPS = 96, 64, 5


class SyncNetwork(nn.Module):
    """Sound [N, T, A] and faces [N, T, WIDTH] (`models.sync.face_features`), a row a frame, to vectors of unit length
    [N, T, 64] each; a frame's depend on six frames to either side.

    audio: A. dropout: of features within the towers, while it learns.
    """

    def __init__(self, audio: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.sound, self.face = _tower(audio, dropout), _tower(WIDTH, dropout)
        self.sharpness = nn.Parameter(torch.tensor(2.3))
        """Logarithm of what cosines are multiplied by."""
        for name, width in (("sound", audio), ("face", WIDTH)):
            self.register_buffer(f"{name}_mean", torch.zeros(width))
            self.register_buffer(f"{name}_std", torch.ones(width))

    def measured(self, sound: torch.Tensor, face: torch.Tensor) -> None:
        """Bring features to mean 0 and deviation 1 as these [M, A], [M, WIDTH] are; whether z_dyn and landmarks are
        there is left as it is."""
        for name, values in (("sound", sound), ("face", face)):
            for part, value in zip(("mean", "std"), mean_and_deviation(values), strict=True):
                getattr(self, f"{name}_{part}").copy_(value)
        self.face_mean[-2:], self.face_std[-2:] = 0, 1  # type: ignore[operator,index]

    def forward(self, sound: torch.Tensor, face: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Vectors of faces and of their sound, and how sharp cosines are: what the loss takes."""
        return self.of_face(face), self.of_sound(sound), self.sharpness

    def of_sound(self, sound: torch.Tensor) -> torch.Tensor:
        """Vectors [N, T, 64] of sound [N, T, A]."""
        return _unit(self.sound, self.standard("sound", sound))

    def of_face(self, face: torch.Tensor) -> torch.Tensor:
        """Vectors [N, T, 64] of faces [N, T, WIDTH]."""
        return _unit(self.face, self.standard("face", face))

    def standard(self, name: str, values: torch.Tensor) -> torch.Tensor:
        """Features of `sound` or `face` at mean 0 and deviation 1; of a face, what is not there stays 0."""
        out = (values - getattr(self, f"{name}_mean")) / getattr(self, f"{name}_std")
        if name == "sound":
            return out
        there = torch.cat(
            [
                values[..., -2:-1].expand(*values.shape[:-1], DYNAMICS),
                values[..., -1:].expand(*values.shape[:-1], WIDTH - DYNAMICS - 2),
                torch.ones_like(values[..., -2:]),
            ],
            -1,
        )
        return out * there


def mean_and_deviation(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each number of features [M, D], both [D]; one that never varies has a small deviation, which divides."""
    return values.mean(0), values.std(0).clamp_min(1e-3)


def similarity(face: torch.Tensor, sound: torch.Tensor, most: int) -> torch.Tensor:
    """Cosines [T, 2 most + 1] of a face's vectors [T, 64] and its sound's: in column j, frame t against the sound of
    frame t + j - most; NaN where there is none."""
    count = len(face)
    every = face @ sound.T
    out = torch.full((count, 2 * most + 1), torch.nan, device=face.device)
    for j in range(2 * most + 1):
        line = every.diagonal(j - most)
        first = max(0, most - j)
        out[first : first + len(line), j] = line
    return out


@torch.inference_mode()
def cosines(network: SyncNetwork, sound: np.ndarray, face: np.ndarray, most: int) -> np.ndarray:
    """`similarity` of one clip's features, wherever the network is: sound [T, A], face [T, WIDTH]; what has no
    counterpart in time is left out."""
    count, device = min(len(sound), len(face)), network.sharpness.device
    heard, seen = (torch.from_numpy(np.array(each[:count], np.float32)).to(device)[None] for each in (sound, face))
    return similarity(network.of_face(seen)[0], network.of_sound(heard)[0], most).cpu().numpy()


def _tower(width: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv1d(width, _INNER, 1), nn.GELU(), nn.Dropout(dropout)]
    for _ in range(2):
        layers += [nn.Conv1d(_INNER, _INNER, _TAPS, padding=_TAPS // 2), nn.GELU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Conv1d(_INNER, _OUT, _TAPS, padding=_TAPS // 2))


def _unit(tower: nn.Module, values: torch.Tensor) -> torch.Tensor:
    return F.normalize(tower(values.transpose(1, 2)).transpose(1, 2), dim=-1)
