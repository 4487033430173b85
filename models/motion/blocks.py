"""Layers of the motion generator: a transformer block that a code modulates, and the code of a diffusion step."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

_FREQUENCIES = 128
_SLOWEST = 10_000.0


class Block(nn.Module):
    """Attention and a perceptron with adaLN-Zero (DiT, arXiv 2212.09748): a code shifts and scales what both take and
    says how much of what they give counts; at first none, so that an untrained block changes nothing."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv: nn.Module = nn.Linear(width, 3 * width)
        self.out: nn.Module = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: torch.Tensor, code: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Tokens [N, L, width] to the same. code [N, width]. seen [N, 1, 1, L]: which of them are looked at."""
        return self.modulated(x, self.modulation(F.silu(code)), seen)

    def modulated(self, x: torch.Tensor, modulation: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        """The same by what `modulation` makes of a code, [N, 6 width]; where all tokens are looked at, seen is None."""
        shift1, scale1, gate1, shift2, scale2, gate2 = modulation[:, None].chunk(6, -1)
        x = x + gate1 * self.dropout(self._attended(torch.addcmul(shift1, self.norm1(x), 1 + scale1), seen))
        return x + gate2 * self.dropout(self.perceptron(torch.addcmul(shift2, self.norm2(x), 1 + scale2)))

    def _attended(self, x: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        query, key, value = (  # [N, heads, L, width / heads] each
            each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in self.qkv(x).chunk(3, -1)
        )
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return torch.as_tensor(self.out(found.transpose(1, 2).flatten(2)))


class StepCode(nn.Module):
    """The code [N, width] of diffusion steps t [N]: cosines and sines of 128 frequencies through a perceptron."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.perceptron = nn.Sequential(nn.Linear(2 * _FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        falling = torch.arange(_FREQUENCIES) / _FREQUENCIES
        self.register_buffer("frequencies", torch.exp(-math.log(_SLOWEST) * falling), persistent=False)
        self.frequencies: torch.Tensor

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        angles = t[:, None] * self.frequencies
        return torch.as_tensor(self.perceptron(torch.cat([angles.cos(), angles.sin()], 1)))
