"""Sizes of the face latent model: `tiny` trains on two CPU cores, `base` on one GPU, `paper` has VASA-1's sizes.

Source: MegaPortraits (arXiv 2207.07621), Figure 9, at 512 pixels; `tiny` is this project's own (docs/faces.md). All
draw over the source picture, which VASA-1 does not (`models.face.layers`); with layers=1 they do not either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Ups = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Preset:
    """Sizes of all networks.

    size: side of the picture in pixels. volume: channels, depth, side of the appearance volume.

    unshuffle: pixels of a side that are folded into channels first (1: a 7x7 convolution takes pixels one by one).
    stem, down: channels of the appearance encoder's first layer, and of its residual blocks, each followed by a
    halving; context: channels of one more level whose result is added back (0: none). refine: 3D residual blocks
    behind it.

    identity: channels and side of z_id. trunk: the encoders of z_id, z_dyn and pose: `small` convolutions or `resnet`s.
    dynamics: length of z_dyn. face: side of the aligned face that z_dyn is read from, in pixels. pose: read from
    landmarks, which then help z_dyn, or learned.

    flow: channels of the residual blocks of a warp generator; flow_start: channels, depth and side before the first;
    flow_ups: factors (depth, height, width) by which each block's result grows. canonical: channels of G3D's levels.
    decoder: channels of G2D's inner blocks; inner: how many; lower: channels of blocks at half the side between them
    (0: none); rise: channels of its blocks that double the side; shuffle: pixels of a side that the last layer unfolds;
    fine: channels of one more block, at twice the side, which refines what the last layer says (0: none). lips: whether
    G2D is told what the source's lips hide (`models.face.lips`), as VASA-1's is not. layers: 1 where it draws all there
    is, as in VASA-1; 3 where it draws over the source picture (`models.face.layers`).
    """

    name: str
    size: int
    volume: tuple[int, int, int]
    unshuffle: int
    stem: int
    down: tuple[int, ...]
    context: int
    refine: int
    identity: tuple[int, int]
    trunk: Literal["small", "resnet"]
    dynamics: int
    face: int
    pose: Literal["landmarks", "learned"]
    flow: tuple[int, ...]
    flow_start: tuple[int, int, int]
    flow_ups: Ups
    canonical: tuple[int, ...]
    decoder: int
    inner: int
    lower: int
    rise: tuple[int, ...]
    shuffle: int
    fine: int
    lips: bool
    layers: Literal[1, 3]

    @property
    def drawn(self) -> int:
        """Side of what the decoder draws, in pixels: what is shown larger is enlarged from there."""
        return self.volume[2] * 2 ** (len(self.rise) + bool(self.fine)) * self.shuffle


TINY = Preset(
    name="tiny",
    size=96,
    volume=(8, 8, 32),
    unshuffle=3,
    stem=64,
    down=(),
    context=128,
    refine=0,
    identity=(64, 1),
    trunk="small",
    dynamics=32,
    face=64,
    pose="landmarks",
    flow=(64, 32, 16),
    flow_start=(128, 2, 4),
    flow_ups=((2, 2, 2), (1, 2, 2), (1, 1, 1)),
    canonical=(8, 24),
    decoder=64,
    inner=1,
    lower=128,
    rise=(),
    shuffle=3,
    fine=32,
    lips=True,
    layers=3,
)

BASE = Preset(
    name="base",
    size=256,
    volume=(96, 16, 32),
    unshuffle=1,
    stem=64,
    down=(128, 256, 512),
    context=0,
    refine=6,
    identity=(512, 4),
    trunk="resnet",
    dynamics=128,
    face=128,
    pose="learned",
    flow=(256, 128, 64, 32),
    flow_start=(512, 4, 4),
    flow_ups=((2, 2, 2), (2, 2, 2), (1, 2, 2), (1, 1, 1)),
    canonical=(96, 192, 384),
    decoder=512,
    inner=8,
    lower=0,
    rise=(256, 128, 64),
    shuffle=1,
    fine=0,
    lips=True,
    layers=3,
)

PAPER = replace(
    BASE,
    name="paper",
    size=512,
    volume=(96, 16, 64),
    dynamics=512,
    face=224,
    flow_ups=((2, 2, 2), (2, 2, 2), (1, 2, 2), (1, 2, 2)),
    canonical=(96, 192, 384, 512),
)

PRESETS = {preset.name: preset for preset in (TINY, BASE, PAPER)}
"""Presets by name."""
