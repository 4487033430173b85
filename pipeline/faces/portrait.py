"""A portrait ready to be drawn, and the motion of a driver in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from models.face.model import Motion, Person
from pipeline.faces.driving import Drive
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.portrait_tracking import Driver, source_view, views

_AT_ONCE = 32


@dataclass(frozen=True)
class Portrait:
    """name: the file's, without its ending. own: the motion [1] that the picture shows."""

    name: str
    view: FaceCrop
    person: Person
    own: Motion


def portrait_of(drive: Drive, path: str, name: str) -> Portrait:
    """The portrait of a picture file. UsageError says why there is none."""
    view = source_view(path, drive.model.preset.size)
    person, own = drive.person(view)
    return Portrait(name, view, person, own)


def motions(drive: Drive, driver: Driver) -> Iterator[tuple[list[FaceCrop], Motion]]:
    """The driver's frames, 32 at most at a time, with their motion."""
    for first in range(0, driver.frames, _AT_ONCE):
        part = views(driver.track, first, min(first + _AT_ONCE, driver.frames))
        yield part, drive.filmed(part)


def at_rest(drive: Drive, driver: Driver) -> torch.Tensor:
    """The driver's z_dyn [Z] at rest: the median over its frames, which is what the model was taught to call none."""
    return torch.cat([motion.dynamics for _, motion in motions(drive, driver)]).median(0).values
