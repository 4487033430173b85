"""The charts of the labels: which column, on which axis, in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from models.sync.offset import MOST
from pipeline.report.axes import Axis, around_zero, fixed, from_zero
from pipeline.report.charts import direction_map, histogram
from pipeline.report.contents import Label
from pipeline.text import number, plural, share

_GAZE_BIN = 2.5


@dataclass(frozen=True)
class Figure:
    """A chart with its heading, what it is about, one line of figures; `chart` is None with nothing to draw."""

    title: str
    about: str
    line: str
    chart: Markup | None


_ANGLES, _SHARES = ("pitch", "yaw", "roll"), ("motion", "speech_share", "gaze_share")
_TO_100 = ("quality", "quality_min", *_SHARES)
_KNOWN = {**dict.fromkeys(_TO_100, fixed(0, 100)), "sound_offset": fixed(-MOST - 0.5, MOST + 0.5, 2 * MOST + 1)}
"""The axes of labels whose range is known; offsets are whole frames."""

TITLES = {
    "quality": ("Quality", "of the face's picture; higher is better", "points"),
    "quality_min": ("Worst quality", "of the worst sampled frame", "points"),
    "motion": ("Movement", "part of the clip in which eyes or mouth move", "% of the clip"),
    "speech_share": ("Speech", "part of the clip in which someone speaks", "% of the clip"),
    "distance": ("Distance", "1: a frontal face as wide as a third of the frame's height", "relative"),
    "face_px": ("Face size", "in the frames of the source", "pixels"),
    "gaze_share": ("Gaze share", "frames that look in the main direction", "% of the frames"),
    "pose_delta": ("Head motion", "pose_delta: mean step of pitch, yaw and roll", "degrees a frame"),
    "pitch": ("Pitch", "mean of the clip; above 0 up", "degrees"),
    "yaw": ("Yaw", "mean of the clip; above 0 to the image's left", "degrees"),
    "roll": ("Roll", "mean of the clip; above 0 clockwise", "degrees"),
    "sound_offset": ("Sound offset", "by how much the sound is late; below 0 early", "frames of 25 a second"),
    "sync": ("Sync", "how sure the sound's offset is", "more where sound and face agree"),
}
"""Of each label: its title, what it is about, and its unit."""


def label_figures(labels: Mapping[str, Label]) -> list[Figure]:
    """A histogram of every label; pitch, yaw and roll share one axis so that they can be compared.

    Labels without a title here are columns that stages of this catalog alone add.
    """
    angles = np.concatenate([part for name in _ANGLES for part in (labels[name].accepted, labels[name].others)])
    out = []
    added = {name: (name, "A column that a stage of this catalog adds.", "") for name in labels if name not in TITLES}
    for name, (title, about, unit) in (TITLES | added).items():
        label = labels[name]
        if name in _SHARES:
            label = Label(100 * label.accepted, 100 * label.others)
        both = np.concatenate([label.accepted, label.others])
        axis = _KNOWN.get(name) or (around_zero(angles) if name in _ANGLES else _axis(both))
        chart = histogram(label.accepted, label.others, axis, unit, f"Histogram: {title}") if len(both) else None
        out.append(Figure(title, about, _figures(label.accepted), chart))
    return out


def _axis(values: np.ndarray) -> Axis:
    return around_zero(values) if (values < 0).any() else from_zero(values)


def gaze_figure(frames: np.ndarray, clips: np.ndarray) -> Figure:
    """The map of gaze directions: all frames [N, 2] by shade, main directions of clips [M, 2] as dots."""
    about = "Shade: frames of accepted clips. Dots: the clips' main directions."
    if not len(frames) and not len(clips):
        return Figure("Gaze", about, "no accepted clip has a value", None)
    far = np.abs(np.concatenate([frames, clips])).max(1)
    reach = next((reach for reach in (20.0, 30.0, 45.0, 60.0) if np.mean(far > reach) < 0.01), 90.0)
    chart = direction_map(frames, clips, reach, _GAZE_BIN * reach / 30, "Map of gaze directions, theta by phi")
    near = share(float(np.mean(np.hypot(*frames.T) < 10))) if len(frames) else "–"
    return Figure("Gaze", about, f"{near} of {plural(len(frames), 'frame')} within 10° of the camera", chart)


def _figures(values: np.ndarray) -> str:
    if not len(values):
        return "no accepted clip has a value"
    low, middle, high = np.percentile(values, (10, 50, 90))
    return f"median {number(middle, 2)}, most {number(low, 2)} to {number(high, 2)}"
