"""What needs no training: copying the source, moving it as a whole, warping it by the mesh; and the true frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from models.runtime.image import fitted
from pipeline.evaluation.faces.mesh_warp import MeshWarp, displaced, posed
from pipeline.evaluation.faces.method import Draw, Dynamics, Moved, Posed
from pipeline.evaluation.faces.observer import to_pixels
from pipeline.faces.face_crop import FaceCrop


@dataclass(frozen=True)
class Method:
    """One column of the table. draw: how it draws a person in their own motion, across: in another's, None where it
    cannot or is another method; posed: into any pose.

    dynamics: its code of what a face does, where it has one. tests: at which sizes it is put to them: its own, and
    detailed at 256 pixels; a method that differs from another in one alone is put to that alone.
    """

    name: str
    draw: Draw | None
    across: Draw | None
    posed: Posed | None = None
    dynamics: Dynamics | None = None
    tests: tuple[Literal["own", "detailed"], ...] = ("own", "detailed")


def copied(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """The source picture, whatever the driver does."""
    return [source.picture] * len(drivers)


def shifted(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """The source picture turned, scaled and shifted so that its landmarks best fit the driver's; dynamics: copied."""
    if moved == "dynamics":
        return copied(source, drivers, moved)
    side = len(source.picture)
    points = to_pixels(source.landmarks, side)[:, :2]
    return [
        cv2.warpAffine(
            source.picture,
            fitted(points, to_pixels(driver.landmarks, side)[:, :2]),
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for driver in drivers
    ]


def warped_to_driver(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """The source's mesh warped onto the driver's own landmarks: for drivers of the same person."""
    warp = MeshWarp(source)
    return [warp(driver.landmarks) for driver in drivers]


def warped_across(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """The source's mesh warped onto its own landmarks displaced as the driver moves (`displaced`)."""
    warp = MeshWarp(source)
    return [warp(points) for points in displaced(source.landmarks, [each.landmarks for each in drivers], moved)]


def warped_and_posed(source: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
    """The source's mesh warped onto its own landmarks, its head turned to (pitch, yaw, roll) [N, 3] in degrees."""
    warp = MeshWarp(source)
    return [warp(points) for points in posed(source.landmarks, degrees)]


def true(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """The driver's own frames: what a perfect method would draw of the same person."""
    return [driver.picture for driver in drivers]


BASELINES = (
    Method("copy", copied, copied),
    Method("similarity", shifted, shifted),
    Method("mesh warp", warped_to_driver, warped_across, warped_and_posed),
    Method("true frame", true, None),
)
"""The last is the ceiling: no score of a method can be asked to lie above it."""
