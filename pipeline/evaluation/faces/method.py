"""The form of every way to draw a person in another's motion, trained or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from pipeline.faces.face_crop import FaceCrop

Moved = Literal["both", "pose", "dynamics"]
"""What of the driver's motion moves over: all, the head's pose alone, or the expression alone."""

Draw = Callable[[FaceCrop, Sequence[FaceCrop], Moved], list[np.ndarray]]
"""(source, drivers, what moves) to a picture a driver, uint8 RGB [S, S, 3]: the source's person in that motion."""

Dynamics = Callable[[Sequence[FaceCrop]], np.ndarray]
"""Views to the code [N, Z] in which a method keeps what their faces do besides the head's pose."""

Posed = Callable[[FaceCrop, np.ndarray], list[np.ndarray]]
"""(source, (pitch, yaw, roll) [N, 3] in degrees, as models.landmarks.head_pose) to pictures of it in these poses."""
