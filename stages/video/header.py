"""What a video file says of itself, and a frame as it is stored there: what every backend of the reader gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stages.video.clock import Clock


class Unreadable(RuntimeError):
    """The file is not a video that can be decoded; says the cause and the next step."""


@dataclass(frozen=True)
class VideoHeader:
    """What a file says of itself: width and height as shown (after rotation), duration in seconds from the first frame.

    rotation: degrees counter-clockwise to turn a decoded frame by, a multiple of 90; mirrored: whether it is mirrored
    left to right after that. pixel_aspect: width of a pixel over its height. audio_codec, audio_hz, audio_channels: of
    the track that is heard (stages/video/tracks.py); None and 0 without one that can be decoded. origin: presentation
    time of the first frame. white: cd/m2 that become white where the picture is HDR (stages/video/tone.py), else None.
    clock: how its timestamps are read. plain: whether any decoder reads it as it is meant; what is not plain is left to
    PyAV.
    """

    container: str
    codec: str
    width: int
    height: int
    fps: float
    duration: float
    rotation: int
    pixel_aspect: float
    audio_codec: str | None
    audio_hz: int
    audio_channels: int
    origin: float
    mirrored: bool = False
    white: float | None = None
    clock: Clock = Clock()
    plain: bool = True


class SourceFrame(NamedTuple):
    """A frame as it is stored: seconds from the first frame, seconds it says it lasts (0: it does not), its picture.

    image() decodes to uint8 RGB [h, w, 3], not yet upright.
    """

    time: float
    length: float
    image: Callable[[], np.ndarray]
