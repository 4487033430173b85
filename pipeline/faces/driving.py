"""Driving a person with the motion of others: what the face model is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from models.face.camera import compose_pose
from models.face.checkpoint import load_model
from models.face.dynamics import MOST
from models.face.landmarks import landmark_features, pose_and_expression
from models.face.model import FaceModel, Motion, Person
from models.face.rigid import aligned_faces
from pipeline.faces.face_crop import FaceCrop

What = Literal["both", "pose", "dynamics"]
"""What moves over from the driver: all of its motion, or only the head's, or only the face's."""

_AT_ONCE = 32


class Drive:
    """A face model ready to draw: persons from views, pictures of them in the motion of other views."""

    def __init__(self, model: FaceModel, device: torch.device | None = None) -> None:
        self._device = device or torch.device("cpu")
        self.model = model.to(self._device).eval()

    def person(self, view: FaceCrop) -> tuple[Person, Motion]:
        """Whom a view shows, and in which motion."""
        with torch.inference_mode():
            motion = self.motion([view])
            return self.model.person(self._pictures([view]), motion), motion

    def motion(self, views: Sequence[FaceCrop]) -> Motion:
        """The motion [N] that views show, each in its own crop."""
        with torch.inference_mode():
            pictures = self._pictures(views)
            telling = None
            if self.model.pose is None:
                read_off = pose_and_expression(np.stack([view.landmarks for view in views]))
                pose, telling = (
                    torch.from_numpy(each).to(self._device) for each in (read_off[0], landmark_features(*read_off))
                )
            else:
                pose = self.model.pose(pictures)
            face = aligned_faces(pictures, pose, self.model.preset.face)
            return Motion(pose, self.model.dynamics(face, telling))

    def dynamics(self, views: Sequence[FaceCrop]) -> np.ndarray:
        """z_dyn of views, float32 [N, Z]."""
        return self.motion(views).dynamics.cpu().numpy()

    def filmed(self, views: Sequence[FaceCrop]) -> Motion:
        """The motion [N] that views of a clip show, in the clip's camera."""
        motion = self.motion(views)
        cameras = torch.from_numpy(np.stack([view.camera for view in views])).to(motion.pose)
        return replace(motion, pose=compose_pose(motion.pose, cameras))

    def draw(self, person: Person, motion: Motion) -> np.ndarray:
        """Pictures uint8 RGB [N, S, S, 3] of one person in N motions."""
        with torch.inference_mode():
            drawn = [self._drawn(person, part) for part in _parts(motion)]
        return np.concatenate(drawn)

    def method(self, source: FaceCrop, drivers: Sequence[FaceCrop], what: What = "both") -> list[np.ndarray]:
        """Pictures uint8 RGB [S, S, 3] of the source's person, one a driver."""
        person, own = self.person(source)
        return list(self.draw(person, moved_over(own, self.filmed(drivers), what)))

    def posed(self, source: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
        """Pictures of the source with its head turned to (pitch, yaw, roll) [N, 3] in degrees, all else its own."""
        person, own = self.person(source)
        count = len(degrees)
        pose = own.pose.repeat(count, 1)
        pose[:, :3] = torch.as_tensor(degrees, dtype=pose.dtype, device=pose.device)
        return list(self.draw(person, Motion(pose, own.dynamics.repeat(count, 1))))

    def _drawn(self, person: Person, motion: Motion) -> np.ndarray:
        picture = self.model.driven(person.times(len(motion.pose)), motion)
        return (picture * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()

    def _pictures(self, views: Sequence[FaceCrop]) -> torch.Tensor:
        pixels = torch.from_numpy(np.stack([view.picture for view in views])).to(self._device)
        return pixels.permute(0, 3, 1, 2).contiguous().float() / 255


def driver_of(path: Path, device: torch.device | None = None) -> Drive:
    """The model of a file. Raises WrongWeights."""
    return Drive(load_model(path), device)


def moved_over(own: Motion, driver: Motion, what: What, rest: torch.Tensor | None = None) -> Motion:
    """The motion [N] in which a source with its `own` [1] motion is drawn.

    rest [Z]: the driver's z_dyn at rest. With it the face keeps the source's own expression and moves from there as the
    driver's does from rest; without it the source's expression is the driver's.
    """
    count = len(driver.pose)
    if rest is not None:
        driver = replace(driver, dynamics=(own.dynamics + driver.dynamics - rest).clamp(-MOST, MOST))
    if what == "pose":
        return replace(driver, dynamics=own.dynamics.expand(count, -1))
    if what == "dynamics":
        return replace(driver, pose=own.pose.expand(count, -1))
    return driver


def _parts(motion: Motion) -> Iterator[Motion]:
    for start in range(0, len(motion.pose), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield Motion(motion.pose[part], motion.dynamics[part])
