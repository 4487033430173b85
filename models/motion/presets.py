"""Sizes of the motion generator: `tiny` trains on CPUs from minutes of speech, `paper` has VASA-1's sizes.

The paper states layers, width and heads (section 4.1), but neither its windows nor its diffusion steps: those are this
project's, as is `tiny`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class HeadPreset:
    """Sizes of the stream that tells the pose by itself.

    sound: numbers to which a frame's features of sound are narrowed, each within [-1, 1]. noise: deviation of what is
    added to them while training.
    """

    layers: int
    width: int
    heads: int
    sound: int
    noise: float


@dataclass(frozen=True)
class MotionPreset:
    """Sizes of the network and of what it sees at once.

    layers, width, heads: of the transformer encoder. window: W, the most frames that are generated at once. previous:
    K, frames before them whose motion and sound it is told. steps: T of the diffusion. dropout: share of each
    sublayer's result that is left out while training. head: the pose's own stream, None: one for all of a motion.
    """

    name: str
    layers: int
    width: int
    heads: int
    window: int
    previous: int = 10
    steps: int = 1000
    dropout: float = 0.1
    head: HeadPreset | None = None

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> MotionPreset:
        """A preset again, from its values as JSON. Raises TypeError."""
        head = values.get("head")
        return cls(**{**values, "head": None if head is None else HeadPreset(**head)})


TINY = MotionPreset(
    "tiny", layers=4, width=224, heads=4, window=50, dropout=0.2, head=HeadPreset(3, 128, 4, sound=4, noise=0.5)
)
PAPER = MotionPreset("paper", layers=8, width=512, heads=8, window=100)

PRESETS = {preset.name: preset for preset in (TINY, PAPER)}
"""Presets by name."""
