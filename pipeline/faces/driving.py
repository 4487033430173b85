"""Driving a person with the motion of others: what the face model is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch

from models.face.camera import compose_pose
from models.face.checkpoint import load_model
from models.face.dynamics import MOST
from models.face.landmarks import landmark_features, pose_and_expression
from models.face.model import FaceModel, Motion, Person
from models.face.rigid import aligned_faces
from pipeline.faces.detail import Detail
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.silhouette import silhouette

What = Literal["both", "pose", "dynamics"]
"""What moves over from the driver: all of its motion, or only the head's, or only the face's."""

_AT_ONCE = 32


class Drive:
    """A face model ready to draw: persons from views, pictures of them in the motion of other views."""

    def __init__(self, model: FaceModel, device: torch.device | None = None) -> None:
        self._device = device or torch.device("cpu")
        self.model = model.to(self._device).eval()
        self.model.decoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def person(self, view: FaceCrop, detail: Detail | None = None) -> tuple[Person, Motion]:
        """Whom a view shows, and in which motion. The person is drawn as large as `detail` is, by default as the view's
        picture is."""
        motion = self.motion([view])
        return self.person_in(view, motion, detail), motion

    def person_in(self, view: FaceCrop, motion: Motion, detail: Detail | None = None) -> Person:
        """Whom a view shows in a motion [1] that is known; its landmarks are not looked at."""
        detail = detail or Detail.of(view.picture)
        with torch.inference_mode():
            pictures, detailed = self._pictures([view]), self._pixels([detail.picture])
            person = self.model.person(pictures, motion, detailed, detail.margin)
            hair = silhouette(detail.crop, motion.pose, self.model.preset.drawn).to(self._device)
            return replace(person, hair=hair)

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

    def relative_method(self, source: FaceCrop, drivers: Sequence[FaceCrop], what: What = "both") -> list[np.ndarray]:
        """The same with motion from the source's own pose and expression, by how far the driver's are from their rest
        over these views."""
        person, own = self.person(source)
        motion = self.filmed(drivers)
        return list(self.draw(person, moved_over(own, motion, what, resting([motion]))))

    def enlarged_method(self, source: FaceCrop, drivers: Sequence[FaceCrop], what: What = "both") -> list[np.ndarray]:
        """The same drawn as small as the model's own pictures are and enlarged: what the source's detail adds to."""
        side = (len(source.picture),) * 2
        small = self.method(source.at_size(self.model.preset.size), drivers, what)
        return [cv2.resize(picture, side, interpolation=cv2.INTER_CUBIC) for picture in small]

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
        """As large as the model is shown them, [N, 3, S, S]."""
        return self._pixels([view.at_size(self.model.preset.size).picture for view in views])

    def _pixels(self, pictures: Sequence[np.ndarray]) -> torch.Tensor:
        pixels = torch.from_numpy(np.stack(pictures)).to(self._device)
        return pixels.permute(0, 3, 1, 2).contiguous().float() / 255


def driver_of(path: Path, device: torch.device | None = None) -> Drive:
    """The model of a file. Raises WrongWeights."""
    return Drive(load_model(path), device)


def resting(motions: Sequence[Motion]) -> Motion:
    """The median [1] of motions [N]: how somebody mostly holds head and face."""
    parts = ([getattr(motion, name) for motion in motions] for name in ("pose", "dynamics"))
    return Motion(*(torch.cat(part).median(0, keepdim=True).values for part in parts))


def moved_over(own: Motion, driver: Motion, what: What, rest: Motion | None = None) -> Motion:
    """The motion [N] in which a source with its `own` [1] motion is drawn.

    rest [1]: the driver's motion at rest. With it head and face keep the source's own pose and expression and move from
    there as the driver's do from rest; without it the source's pose and expression are the driver's.
    """
    count = len(driver.pose)
    if rest is not None:
        dynamics = (own.dynamics + driver.dynamics - rest.dynamics).clamp(-MOST, MOST)
        pose = own.pose + driver.pose - rest.pose
        # a head moves by as much of its own size, and comes nearer by as much of it
        pose[:, 3:5] = own.pose[:, 3:5] + (driver.pose - rest.pose)[:, 3:5] * own.pose[:, 5:] / rest.pose[:, 5:]
        pose[:, 5] = own.pose[:, 5] * driver.pose[:, 5] / rest.pose[:, 5]
        driver = Motion(pose, dynamics)
    if what == "pose":
        return replace(driver, dynamics=own.dynamics.expand(count, -1))
    if what == "dynamics":
        return replace(driver, pose=own.pose.expand(count, -1))
    return driver


def _parts(motion: Motion) -> Iterator[Motion]:
    for start in range(0, len(motion.pose), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield Motion(motion.pose[part], motion.dynamics[part])
