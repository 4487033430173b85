"""One small video reader with two backends: frames at 25 fps by timestamp, upright, RGB.

Frame i of a stretch that starts at s is the source frame whose timestamp is nearest to s + i / 25, so it differs from
it by at most half a source frame. Timestamps count from the first frame of the video. The display matrix (turned and
mirrored pictures) and pixel aspect are honoured by both backends; what decord cannot read as it is meant (interlaced or
HDR pictures, timestamps that begin again, several pictures in a file) is read by PyAV whichever is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from stages.video.header import SourceFrame, Unreadable, VideoHeader

Decoder = Literal["pyav", "decord"]

_TIE = 1e-4
"""Seconds: of two frames equally near the earlier one is taken; decord's timestamps are rounded to float32."""


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
    """A decoded frame [h, w, 3] as it is meant to be shown: turned, mirrored, and with square pixels.

    Its size is its own: that of the header unless the picture changes its size later on.
    """
    height, width = image.shape[0], round(image.shape[1] * header.pixel_aspect)
    turned = np.rot90(image, header.rotation // 90) if header.rotation else image
    if header.mirrored:
        turned = turned[:, ::-1]
    size = (height, width) if header.rotation in (90, 270) else (width, height)
    if turned.shape[1::-1] != size:
        turned = cv2.resize(turned, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(turned)


def read(path: str, header: VideoHeader, start_s: float, end_s: float, decoder: Decoder = "pyav") -> Frames:
    """Frames of [start_s, end_s) at 25 fps.

    Raises Unreadable, from the iterator, when the video ends or breaks more than half a second before `end_s`.
    """
    if decoder not in ("pyav", "decord"):
        raise ValueError(f"unknown decoder {decoder!r}: pyav or decord")
    if decoder == "decord" and header.plain:
        from stages.video.decord import decode
    else:
        from stages.video.pyav import decode
    return Frames(_resample(path, decode(path, header, start_s), header, start_s, end_s))


def _resample(
    path: str, source: Iterator[SourceFrame], header: VideoHeader, start_s: float, end_s: float
) -> Iterator[Frame]:
    """Nearest source frame for each i / 25; images are made only of frames that are used, once."""
    wanted = frame_count(end_s - start_s)
    index = 0
    before: SourceFrame | None = None
    used: tuple[Callable[[], np.ndarray], np.ndarray] | None = None

    def emit(item: SourceFrame) -> Frame:
        nonlocal used
        repeated = used is not None and used[0] is item.image
        if not repeated:
            used = (item.image, upright(item.image(), header))
        assert used is not None
        return Frame(index, item.time - start_s, used[1], repeated)

    for item in source:
        while before is not None and index < wanted and start_s + index / 25 <= (before.time + item.time) / 2 + _TIE:
            yield emit(before)
            index += 1
        if index >= wanted:
            return
        before = item
    if before is None:
        raise Unreadable(f"{path}: no frame could be decoded; the file may be cut off: copy it again")
    end = before.time + max(before.length, 1 / max(header.fps, 1e-3))
    while index < wanted and start_s + index / 25 < end + 0.5:
        yield emit(before)
        index += 1
    if index < wanted:
        raise Unreadable(
            f"{path}: the header promises {header.duration:.2f} s but decoding ended at {before.time:.2f} s; "
            "the file is cut off or damaged: copy it again"
        )
