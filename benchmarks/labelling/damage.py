"""Frames made worse, step by step: blur, noise, JPEG, H.264, down-and-up scaling."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.labelling.copies import frames_of
from stages.clip import Patch, Track
from stages.tracking.patches import native_patch

# blur: sigma in % of the face's height. noise: sigma of grey values. jpeg: quality. h264: crf. scaling: side left.
LEVELS: dict[str, tuple[float, ...]] = {
    "blur": (0.4, 0.8, 1.6),
    "noise": (4, 8, 16),
    "jpeg": (70, 40, 15),
    "h264": (28, 35, 42),
    "scaling": (0.75, 0.5, 0.25),
}
_BEFORE, _AFTER = 8, 3


@dataclass(frozen=True)
class Ladder:
    """One face of one frame: its clean patch, and per kind of damage the patches from mild to strong."""

    clean: Patch
    steps: dict[str, tuple[Patch, ...]]


def ladders(path: Path, track: Track, count: int, kinds: tuple[str, ...] = tuple(LEVELS)) -> Iterator[Ladder]:
    """`count` frames of a clip spread over its length, each clean and with every step of every kind of damage.

    The damage is done to whole native frames; the patch is cut by the stage's own function at the clean landmarks.
    """
    last = len(track.times) - 1 - _AFTER
    wanted = sorted({int(i) for i in np.linspace(_BEFORE, last, count + 2)[1:-1]})
    held: list[np.ndarray] = []
    for index, image in enumerate(frames_of(path, wanted[-1] + _AFTER + 1)):
        held = [*held[-(_BEFORE + _AFTER) :], image]
        middle = index - _AFTER
        if middle in wanted:
            yield _ladder(held, middle, track.landmarks[middle], kinds)


def _ladder(images: Sequence[np.ndarray], index: int, landmarks: np.ndarray, kinds: tuple[str, ...]) -> Ladder:
    image = images[-1 - _AFTER]
    steps = {
        kind: tuple(
            native_patch(index, _damaged(kind, level, images, index, landmarks), landmarks) for level in LEVELS[kind]
        )
        for kind in kinds
    }
    return Ladder(native_patch(index, image, landmarks), steps)


def _damaged(kind: str, level: float, images: Sequence[np.ndarray], index: int, landmarks: np.ndarray) -> np.ndarray:
    """The frame `images[-1 - _AFTER]` after one step of damage."""
    image = images[-1 - _AFTER]
    if kind == "blur":
        return cv2.GaussianBlur(image, (0, 0), level / 100 * float(np.ptp(landmarks[:, 1])))
    if kind == "noise":
        noise = np.random.default_rng(index).normal(size=image.shape)
        return np.clip(np.round(image + level * noise), 0, 255).astype(np.uint8)
    if kind == "jpeg":
        return jpeg(image, int(level))
    if kind == "h264":
        return h264(images, int(level))[-1 - _AFTER]
    return rescaled(image, level)


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """uint8 RGB [H, W, 3] through JPEG."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def rescaled(image: np.ndarray, share: float) -> np.ndarray:
    """Shrunk to `share` of its sides (area averages) and enlarged again (bicubic)."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(1, round(width * share)), max(1, round(height * share))), interpolation=cv2.INTER_AREA
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def h264(images: Sequence[np.ndarray], crf: int) -> list[np.ndarray]:
    """A short piece of video [H, W, 3] each, encoded by libx264 at `crf` and decoded again."""
    height, width = images[0].shape[:2]
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": str(crf)})
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        stream.thread_count = 1
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")))
        container.mux(stream.encode(None))
    memory.seek(0)
    with av.open(memory) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
