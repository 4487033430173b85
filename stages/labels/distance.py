"""Stage distance: how far the face is from the camera, as one number a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from stages.clip import Clip, Outcome, Resources, Runner


@dataclass(frozen=True)
class Distance:
    """Adds `distance`, the median over the frames of the head's z.

    1.0: a frontal face as wide as a third of the frame's height; larger is farther. The paper normalises by its
    training set's mean: divide by the mean over the clips you train on.
    """

    name: ClassVar[str] = "distance"
    variant: ClassVar[str] = "mesh"
    after: ClassVar[tuple[str, ...]] = ("gaze",)
    profile: ClassVar[str] = "open"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([("distance", pa.float32())])

    def open(self) -> Runner:
        return self._run

    def _run(self, clip: Clip) -> Outcome:
        if "pose" not in clip.arrays:
            raise ValueError(f"{clip.path}: no head pose yet; put the stage 'pose' before 'distance' in the recipe")
        return clip.add(distance=float(np.median(clip.arrays["pose"][:, 5])))
