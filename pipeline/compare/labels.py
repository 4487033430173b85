"""The labels of a clip that are compared: which column, in which words, on which axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catalogs.schema import EMOTIONS
from pipeline.report.axes import Axis, around_zero, fixed, from_zero
from pipeline.report.figures import TITLES


@dataclass(frozen=True)
class Compared:
    """One numeric column of clips (`emotion.NAME`: a field of one). axis: of the values of both catalogs [N]."""

    column: str
    title: str
    about: str
    unit: str
    axis: Callable[[np.ndarray], Axis]
    angle: bool = False


def _points(_: np.ndarray) -> Axis:
    return fixed(0, 100)


def _share(_: np.ndarray) -> Axis:
    return fixed(0, 1)


def _known(column: str, axis: Callable[[np.ndarray], Axis], angle: bool = False) -> Compared:
    """A label in the words of the report."""
    return Compared(column, *TITLES[column], axis, angle)


LABELS = (
    _known("quality", _points),
    _known("quality_min", _points),
    Compared("motion", "Movement", "time in which eyes or mouth move", "share of the clip", _share),
    _known("face_px", from_zero),
    Compared("gaze_theta", "Gaze theta", "main direction; above 0 to the image's left", "degrees", around_zero, True),
    Compared("gaze_phi", "Gaze phi", "main direction; above 0 up", "degrees", around_zero, True),
    Compared("gaze_share", "Gaze share", "frames that look in the main direction", "share of the frames", _share),
    _known("distance", from_zero),
    _known("pitch", around_zero, True),
    _known("yaw", around_zero, True),
    _known("roll", around_zero, True),
    _known("pose_delta", from_zero),
    Compared("speech_share", "Speech", "time in which someone speaks", "share of the clip", _share),
)
"""The columns of clips."""

EMOTION_LABELS = tuple(
    Compared(f"emotion.{name}", name.capitalize(), "mean coefficient of the clip", "coefficient", _share)
    for name in EMOTIONS
)
"""The fields of `emotion`."""
