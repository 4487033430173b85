"""A reader of pictures that carry their motion in their first pixels: protocols can be tested without networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.evaluation.faces.method import Moved
from pipeline.evaluation.faces.observer import NO_FACE, Reading
from pipeline.faces.face_crop import FaceCrop

SIDE = 32


def picture(pose: Sequence[float], expression: Sequence[float], person: int, noise: int = 0) -> np.ndarray:
    """uint8 [32, 32, 3]: pose in degrees from -100 to 100, expression in hundredths, who it is; grain elsewhere."""
    out = np.random.default_rng((person, noise)).integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
    out[0, 0] = np.round(np.asarray(pose) + 100)
    out[0, 1] = np.round(100 * np.asarray(expression))
    out[0, 2] = (1, person, 0)
    return out


def view(pose: Sequence[float], expression: Sequence[float], person: int, noise: int = 0) -> FaceCrop:
    return FaceCrop(picture(pose, expression, person, noise), LANDMARKS)


LANDMARKS = np.random.default_rng(0).uniform(-0.5, 0.5, (468, 3)).astype(np.float32)


class StubReading:
    """FaceReading's verbs. A black picture has no face."""

    expressions = "the pixels"

    def __init__(self) -> None:
        self.looked = 0

    def found(self, picture: np.ndarray) -> Reading:
        self.looked += 1
        return self.known(picture, LANDMARKS) if picture[0, 2, 0] == 1 else NO_FACE

    def known(self, picture: np.ndarray, landmarks: np.ndarray) -> Reading:
        expression = picture[0, 1] / 100.0
        return Reading(landmarks, picture[0, 0] - 100.0, expression, openings=expression[:2])

    def apart(self, picture: np.ndarray, reading: Reading) -> float | None:
        return 1.5

    def identity(self, picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return np.eye(128)[int(picture[0, 2, 1])]


def perfect(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """What is asked, exactly: the source's person, with what moves over from the driver and the rest its own."""
    out = []
    for driver in drivers:
        made = (source if moved == "dynamics" else driver).picture.copy()
        made[0, 0] = (source if moved == "dynamics" else driver).picture[0, 0]
        made[0, 1] = (source if moved == "pose" else driver).picture[0, 1]
        made[0, 2] = source.picture[0, 2]
        out.append(made)
    return out


def posed(source: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
    """The source turned half as far as asked, and one degree more."""
    out = []
    for pose in degrees:
        made = source.picture.copy()
        made[0, 0] = np.round(pose / 2 + 1 + 100)
        out.append(made)
    return out
