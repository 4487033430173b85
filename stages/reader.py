"""One small video reader with two backends: frames at 25 fps by timestamp, upright, RGB.

Frame i of a stretch that starts at s is the source frame whose timestamp is nearest to s + i / 25, so it differs from
it by at most half a source frame. Timestamps count from the first frame of the video. Rotation metadata and pixel
aspect are honoured by both backends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Decoder = Literal["pyav", "decord"]

_TIE = 1e-4
"""Seconds: of two frames equally near the earlier one is taken; decord's timestamps are rounded to float32."""


class Unreadable(RuntimeError):
    """The file is not a video that can be decoded; says the cause and the next step."""


@dataclass(frozen=True)
class VideoHeader:
    """What the container says: width and height as shown (after rotation), duration in seconds from the first frame.

    rotation: degrees counter-clockwise to turn a decoded frame by, a multiple of 90. pixel_aspect: width of a pixel
    over its height. audio_hz, audio_channels: 0 without sound. origin: presentation time of the first frame.
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


@dataclass(frozen=True)
class Frame:
    """Frame `index` at 25 fps; `time`: its source timestamp in seconds from the stretch's start.

    `repeated`: the same source frame as the one before (the source has fewer than 25 fps).
    """

    index: int
    time: float
    image: np.ndarray
    repeated: bool


class Frames:
    """An iterator of Frame that a consumer may push one frame back into."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self._pushed: Frame | None = None

    def __iter__(self) -> Frames:
        return self

    def __next__(self) -> Frame:
        if self._pushed is not None:
            frame, self._pushed = self._pushed, None
            return frame
        return next(self._frames)

    def push(self, frame: Frame) -> None:
        """Give `frame` back: it comes first again."""
        self._pushed = frame


def frame_count(seconds: float, fps: int = 25) -> int:
    """Frames of a stretch of `seconds` at `fps`: those whose whole interval [i / fps, (i + 1) / fps) lies inside."""
    return max(0, math.floor(seconds * fps + 1e-3))


def upright(image: np.ndarray, header: VideoHeader) -> np.ndarray:
    """A decoded frame [h, w, 3] as it is meant to be shown: turned, and with square pixels."""
    turned = np.rot90(image, header.rotation // 90) if header.rotation else image
    if turned.shape[:2] != (header.height, header.width):
        turned = cv2.resize(turned, (header.width, header.height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(turned)


def read(path: str, header: VideoHeader, start_s: float, end_s: float, decoder: Decoder = "pyav") -> Frames:
    """Frames of [start_s, end_s) at 25 fps.

    Raises Unreadable, from the iterator, when the video ends or breaks more than half a second before `end_s`.
    """
    if decoder == "pyav":
        from stages import reader_pyav as backend
    elif decoder == "decord":
        from stages import reader_decord as backend  # type: ignore[no-redef]
    else:
        raise ValueError(f"unknown decoder {decoder!r}: pyav or decord")
    return Frames(_resample(path, backend.decode(path, header, start_s), header, start_s, end_s))


def _resample(
    path: str, source: Iterator[tuple[float, object]], header: VideoHeader, start_s: float, end_s: float
) -> Iterator[Frame]:
    """Nearest source frame for each i / 25; images are made only of frames that are used, once."""
    wanted = frame_count(end_s - start_s)
    index = 0
    before: tuple[float, object] | None = None
    used: tuple[object, np.ndarray] | None = None

    def emit(item: tuple[float, object]) -> Frame:
        nonlocal used
        repeated = used is not None and used[0] is item[1]
        if not repeated:
            used = (item[1], upright(item[1](), header))  # type: ignore[operator]
        assert used is not None
        return Frame(index, item[0] - start_s, used[1], repeated)

    for item in source:
        while before is not None and index < wanted and start_s + index / 25 <= (before[0] + item[0]) / 2 + _TIE:
            yield emit(before)
            index += 1
        if index >= wanted:
            return
        before = item
    if before is None:
        raise Unreadable(f"{path}: no frame could be decoded; the file may be cut off: copy it again")
    step = 1 / max(header.fps, 1e-3)
    while index < wanted and start_s + index / 25 < before[0] + step + 0.5:
        yield emit(before)
        index += 1
    if index < wanted:
        raise Unreadable(
            f"{path}: the header promises {header.duration:.2f} s but decoding ended at {before[0]:.2f} s; "
            "the file is cut off or damaged: copy it again"
        )
