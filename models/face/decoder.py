"""G2D: the picture of a volume seen from the front."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.blocks import Residual, norm
from models.face.lips import HiddenMouth
from models.face.presets import Preset


class Decoder(nn.Module):
    """Volumes [N, C, D, H, H] in the driver's pose and z_dyn [N, Z] to pictures [N, 3, P, P] in [0, 1].

    P: `Preset.drawn`. With three layers it gives [N, 11, P, P]: the picture, each layer's share of a pixel, where the
    moved picture is read beside the pixel, (x, y) within [-1, 1], and what is added to all layers, within [-1, 1]. Then
    it also takes the source's context, [N, width, H, H] of `SourceContext`. hidden [N, 1, P, P]: how much of a pixel
    the source's lips hide (`models.face.lips`), where the preset tells it that.

    The volume's slices become channels. Blocks are modulated by z_dyn, so that what no warp can make (teeth, a closed
    eye's lid) can still come from the dynamics.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        channels, depth, _ = preset.volume
        width, code = preset.decoder, preset.dynamics
        self.fold = nn.Conv2d(channels * depth, width, 1)
        self.inner = nn.ModuleList(Residual(width, width, code=code) for _ in range(preset.inner))
        self.lower = nn.ModuleList()
        if preset.lower:
            self.lower = nn.ModuleList([Residual(width, preset.lower, code=code)])
            self.lower.append(Residual(preset.lower, preset.lower, code=code))
            self.back = nn.Conv2d(preset.lower, width, 1)
            self.after = Residual(width, width, code=code)
        widths = (width, *preset.rise)
        self.rise = nn.ModuleList(Residual(a, b, code=code) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.norm = norm(widths[-1])
        self._shuffle = preset.shuffle
        self._layers = preset.layers
        planes, unfolded = 3 if preset.layers == 1 else 11, preset.shuffle**2
        self.out = nn.Conv2d(widths[-1], planes * unfolded, 3, padding=1)
        for parameter in self.out.parameters():  # the layers begin with equal shares
            nn.init.zeros_(parameter[3 * unfolded :])
        self.fine = _Fine(widths[-1], preset.fine, code, planes, preset.shuffle) if preset.fine else None
        self.hidden = HiddenMouth(widths[-1], planes, preset.shuffle) if preset.lips else None

    def forward(
        self,
        volume: torch.Tensor,
        dynamics: torch.Tensor,
        source_context: torch.Tensor | None = None,
        hidden: torch.Tensor | None = None,
    ) -> torch.Tensor:
        x = self.fold(volume.flatten(1, 2))  # [N, width, H, H]
        if source_context is not None:
            x = x + source_context
        for block in self.inner:
            x = block(x, dynamics)
        if len(self.lower):
            y = F.avg_pool2d(x, 2)
            for block in self.lower:
                y = block(y, dynamics)
            x = x + F.interpolate(self.back(y), scale_factor=2.0, mode="nearest")
            x = self.after(x, dynamics)
        for block in self.rise:
            x = block(F.interpolate(x, scale_factor=2.0, mode="nearest"), dynamics)
        told, folded = (None, None) if self.hidden is None or hidden is None else self.hidden(hidden)
        if self.fine is None:
            mixed = self._planes(self.norm(x if told is None else x + told), self.out, folded)
        else:
            mixed = self._planes(self.norm(x), self.out)
            finer = self._planes(self.fine(x, dynamics, told), self.fine.out, folded)
            mixed = F.interpolate(mixed, scale_factor=2.0, mode="bilinear", align_corners=False) + finer
        if self._layers == 1:
            return torch.sigmoid(mixed)
        share = mixed[:, 3:6].softmax(1)
        if hidden is not None:  # of what the source's lips hide no layer of the source shows anything
            share = torch.cat([share[:, :1] + hidden * (1 - share[:, :1]), share[:, 1:] * (1 - hidden)], 1)
        return torch.cat([mixed[:, :3].sigmoid(), share, mixed[:, 6:].tanh()], 1)

    def _planes(self, x: torch.Tensor, out: nn.Conv2d, folded: torch.Tensor | None = None) -> torch.Tensor:
        """What a last layer says of normalised features, unfolded, and what is added where lips hide something. Layers
        left alone mix as in print, dot by dot: their planes are smoothed."""
        x = F.relu(x)
        x = out(x) if folded is None or self.hidden is None else self.hidden.with_planes(out, x, folded)
        x = F.pixel_shuffle(x, self._shuffle).float().contiguous()
        return x if self._layers == 1 else _smoothed(x)


class _Fine(nn.Module):
    """Features of planes at twice the side, from the last ones [N, C, H, H] and z_dyn; `out` makes planes of them,
    which begin as nothing."""

    def __init__(self, channels: int, width: int, code: int, planes: int, shuffle: int) -> None:
        super().__init__()
        self.block = Residual(channels, width, code=code)
        self.norm = norm(width)
        self.out = nn.Conv2d(width, planes * shuffle**2, 3, padding=1)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: torch.Tensor, dynamics: torch.Tensor, told: torch.Tensor | None) -> torch.Tensor:
        """told [N, C, 2 H, 2 H]: what is added to the features, if anything."""
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.norm(self.block(x if told is None else x + told, dynamics))


def _smoothed(planes: torch.Tensor) -> torch.Tensor:
    """Means over 3 x 3 pixels; beyond the edge is what is at the edge.

    Sums of shifted planes: on CPUs a quarter of the time of `F.avg_pool2d`. And PyTorch 2.13's compiler stops at
    `F.pad(..., mode="replicate")` after `pixel_shuffle`.
    """
    planes = torch.cat([planes[:, :, :1], planes, planes[:, :, -1:]], 2)
    planes = planes[:, :, :-2] + planes[:, :, 1:-1] + planes[:, :, 2:]
    planes = torch.cat([planes[..., :1], planes, planes[..., -1:]], 3)
    return (planes[..., :-2] + planes[..., 1:-1] + planes[..., 2:]) / 9
