"""A portrait that speaks: sound goes in, in pieces, and frames come out as they are ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.faces.driving import Drive
from pipeline.faces.portrait import Portrait
from pipeline.faces.tiles import marked
from pipeline.generation.ahead import ahead
from pipeline.generation.generator import Generator
from pipeline.generation.placement import Placement
from stages.clip import FPS

_AHEAD = 2
"""Windows of drawn frames that wait to be shown at most."""


@dataclass(frozen=True)
class Session:
    """generator: of a portrait's motion. drive: the face model that draws it.

    crop: the driven square alone is drawn, not the picture around it. mark: drawn pictures say what they are.
    """

    portrait: Portrait
    generator: Generator
    drive: Drive
    crop: bool = False
    mark: bool = True

    def frames(self, sound: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Pictures uint8 RGB [H, W, 3] at 25 a second, one for each 40 ms of a sound in pieces [m] of any lengths at
        16 kHz. A thread of its own draws while what is drawn already is being used."""
        for squares in ahead(self.squares(sound), _AHEAD):
            for square in squares:
                whole = square if self.crop else self.portrait.scene.with_square(square)
                yield marked(whole) if self.mark else whole

    def squares(self, sound: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The driven squares alone [n, S, S, 3], as they are drawn."""
        generator, start = self.generator, 0
        placement = Placement.of(self.portrait.own, generator.model.statistics)
        for motion in generator(sound):
            seconds = (start + np.arange(len(motion))) / FPS
            distance = torch.from_numpy(generator.controls.distances(seconds))
            yield self.drive.draw(self.portrait.person, placement(motion, distance))
            start += len(motion)
