"""What the decoder is told of the source picture that lies beneath: VASA-1, which has no such layer, needs none of it.

Where a head was, the picture as it was shows it still. A volume in the driver's pose does not say where that is.
"""

from __future__ import annotations

import torch
from torch import nn

from models.face.presets import Preset


class SourceContext(nn.Module):
    """A picture's volume [N, C, D, H, H] as the encoder gave it, and where on the source's head each of its columns
    lies [N, H, H, 3] (`models.face.rigid.from_picture`), to [N, width, H, H] for the decoder. It begins as nothing."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        channels, depth, _ = preset.volume
        self.out = nn.Conv2d(channels * depth + 3, preset.decoder, 1)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, volume: torch.Tensor, on_head: torch.Tensor) -> torch.Tensor:
        return self.out(torch.cat([volume.flatten(1, 2), on_head.permute(0, 3, 1, 2).to(volume)], 1))
