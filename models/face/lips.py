"""What the source's lips hide: where a driven mouth opens and its source's does not, for the decoder to draw there.

Behind closed lips are teeth, or the dark, and no warp shows it: warps of few cells stretch the lower lip over the
opening. VASA-1 leaves it to the decoder to learn where that is; from a few dozen people it does not. Where the lips are
z_dyn tells, of the driver and of the source alike.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.face.landmarks import EXPRESSIVE, INNER_LIPS, resting
from models.face.presets import Preset
from models.face.rigid import moved, points, to_picture
from models.face.warp import read

OUTLINE = (78, 308, *INNER_LIPS)
"""Both corners of the inner lips, then their upper and lower middle."""
_PLACES = [EXPRESSIVE.index(point) for point in OUTLINE]
_SOFT = 0.015
"""Over how much of the picture the edge of what is between the lips goes from nothing to all, in crop units."""
_DARK = (-2.2, -2.2, -2.2)
"""What is added at first to a decoder's colours, before they become such."""


class LipReadout(nn.Module):
    """Where the inner lips are, a linear map of z_dyn: [N, Z] to the OUTLINE [N, 4, 3] in the head's own units."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.map = nn.Linear(preset.dynamics, 3 * len(OUTLINE))
        nn.init.zeros_(self.map.weight)
        with torch.no_grad():
            self.map.bias.copy_(torch.from_numpy(resting()[_PLACES]).flatten())

    def forward(self, dynamics: torch.Tensor) -> torch.Tensor:
        return self.map(dynamics).float().reshape(-1, len(OUTLINE), 3)


def outline_of(expressive: torch.Tensor) -> torch.Tensor:
    """The OUTLINE [N, 4, 3] among the EXPRESSIVE landmarks [N, P, 3]."""
    return expressive[:, _PLACES]


def between_lips(outline: torch.Tensor, pose: torch.Tensor, side: int) -> torch.Tensor:
    """How much of a pixel is between the lips of heads in these poses [N, 6]: [N, 1, side, side], from 0 to 1.

    outline [N, 4, 3]: of `LipReadout`. Both lips are taken for parabolas between the corners.
    """
    left, right, upper, lower = moved(to_picture(pose), outline[:, :, None, None])[:, :, 0, 0, :2].unbind(1)
    middle, half = (left + right) / 2, (right - left) / 2
    reach = half.norm(dim=1).clamp_min(1e-3)
    along = half / reach[:, None]
    down = torch.stack([-along[:, 1], along[:, 0]], 1)
    x, y = points(1, side, pose.device)[0, ..., :2].unbind(2)

    def coordinate(axis: torch.Tensor) -> torch.Tensor:
        return axis[:, :1, None] * x + axis[:, 1:, None] * y - (middle * axis).sum(1)[:, None, None]

    bow = (1 - (coordinate(along) / reach[:, None, None]) ** 2).clamp_min(0)  # beyond the corners there is nothing
    height = coordinate(down)
    above, below = (((point - middle) * down).sum(1)[:, None, None] * bow for point in (upper, lower))
    under_upper, over_lower = ((gap / _SOFT).clamp(0, 1) for gap in (height - above, below - height))
    return (under_upper * over_lower)[:, None]


def hidden(between: torch.Tensor, source: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """How much of a pixel is between the lips, and is not in the source: [N, 1, S, S].

    between, source [N, 1, S, S]: of `between_lips`, driven and in the source; at [N, 2, S, S]: where in the source each
    pixel comes from, in crop units.
    """
    return between * (1 - read(source, at.permute(0, 2, 3, 1), "zeros"))


class HiddenMouth(nn.Module):
    """What the source's lips hide, as a decoder takes it: features [N, C, H, H] to be added to its own, which begin as
    nothing, and what is added to its planes.

    With three layers it is drawn, and begins as dark. Left to itself the decoder mixes what is drawn with the lips that
    warps stretch over the opening: the share of what is drawn of a mouth goes to nothing while sources show what is in
    it, and its gradient with it.
    """

    def __init__(self, channels: int, planes: int, shuffle: int) -> None:
        super().__init__()
        self.features = nn.Conv2d(shuffle**2, channels, 3, padding=1)
        self.planes = nn.Conv2d(shuffle**2, planes * shuffle**2, 3, padding=1)
        self._shuffle = shuffle
        for parameter in self.parameters():
            nn.init.zeros_(parameter)
        if planes > len(_DARK):
            with torch.no_grad():
                for plane, value in enumerate(_DARK):
                    for pixel in range(shuffle**2):
                        self.planes.weight[plane * shuffle**2 + pixel, pixel, 1, 1] = value

    def forward(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of [N, 1, P, P] the features, and itself as `with_planes` takes it."""
        folded = F.pixel_unshuffle(hidden, self._shuffle)
        return self.features(folded), folded

    def with_planes(self, out: nn.Conv2d, x: torch.Tensor, folded: torch.Tensor) -> torch.Tensor:
        """What a decoder's last layer makes of features x [N, C, H, H], and what is added to that; as one convolution,
        which takes two thirds of the time of two."""
        weight = torch.cat([out.weight, self.planes.weight], 1)
        assert out.bias is not None
        assert self.planes.bias is not None
        both = torch.cat([x, folded.to(x)], 1)
        return F.conv2d(both, weight, out.bias + self.planes.bias, padding=1)
