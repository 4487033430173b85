"""From generated motion to the motion in which a portrait is drawn: what it shows is where all of it begins."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from models.face.camera import compose_pose
from models.face.model import Motion
from models.motion.space import POSE, from_motion
from models.motion.statistics import Statistics
from pipeline.faces.driving import moved_over


@dataclass(frozen=True)
class Placement:
    """own: the motion [1] that the portrait shows. rest: the motion [1] to which it corresponds among generated ones.

    The head is turned, moved and grown from the portrait's own pose by as much as the generated one is from how people
    of the training hold theirs while they look into the camera. So a portrait that looks aside goes on looking there,
    and gaze is asked relative to that; its own size is distance 1. The face moves from the portrait's own expression.
    """

    own: Motion
    rest: Motion

    @classmethod
    def of(cls, own: Motion, statistics: Statistics) -> Placement:
        """Of a portrait, for the motions of a generator.

        Heads turn with the gaze nearly one to one (of clips, main gaze and mean yaw correlate at .9): how people who
        look into the camera hold theirs is the training's mean, turned back by the training's mean gaze.
        """
        pose = statistics.motion.mean[:POSE].clone()
        theta, phi = statistics.gaze.mean
        pose[0], pose[1] = pose[0] - phi, pose[1] - theta
        rest = Motion(pose[None].to(own.pose), torch.zeros_like(own.dynamics))
        return cls(own, rest)

    def __call__(self, motion: torch.Tensor, distance: torch.Tensor) -> Motion:
        """The motion [n] of generated ones [n, D]. distance [n]: how far the head is, over how far in the portrait; a
        head twice as far is half as large, and the middle that it had in the portrait stays where it is."""
        pose, dynamics = from_motion(motion.to(self.own.pose), self.rest.dynamics[0])
        near = moved_over(self.own, Motion(pose, dynamics), "both", self.rest)
        half = 1 / distance.to(near.pose)[:, None]
        camera = torch.cat([self.own.pose[:, 3:5] * (1 - half), half], 1)
        return Motion(compose_pose(near.pose, camera), near.dynamics)
