"""A portrait ready to be drawn, and the motion of a driver in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.face.model import Motion, Person
from pipeline.faces.driving import Drive, resting
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.portrait_tracking import Driver, source_of, views
from pipeline.faces.scene import Scene, Size, side_of

_AT_ONCE = 32


@dataclass(frozen=True)
class Portrait:
    """name: the file's, without its ending. scene: the whole picture, with the square that is driven as large as it is
    drawn. own: the motion [1] that the picture shows."""

    name: str
    scene: Scene
    person: Person
    own: Motion

    @property
    def crop(self) -> np.ndarray:
        """The square as it is in the picture, uint8 RGB [S, S, 3]."""
        return self.scene.detail.crop


def portrait_of(drive: Drive, path: str, name: str, size: Size | None = None) -> Portrait:
    """The portrait of a picture file, to be drawn in a size. UsageError says why there is none."""
    source = source_of(path, drive.model.preset.size)
    scene = Scene.of(source.picture, source.square, side_of(size, source.square.side))
    person, own = drive.person(source.view, scene.detail)
    return Portrait(name, scene, person, own)


def motions(drive: Drive, driver: Driver) -> Iterator[tuple[list[FaceCrop], Motion]]:
    """The driver's frames, 32 at most at a time, with their motion."""
    for first in range(0, driver.frames, _AT_ONCE):
        part = views(driver.track, first, min(first + _AT_ONCE, driver.frames))
        yield part, drive.filmed(part)


def at_rest(drive: Drive, driver: Driver) -> Motion:
    """The driver's motion at rest [1]: the median over its frames, which is what the model was taught to call none."""
    return resting([motion for _, motion in motions(drive, driver)])
