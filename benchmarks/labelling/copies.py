"""Altered copies of clips as real files: mirrored, padded, or made of any frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from stages.video.encode import write_video
from stages.video.pyav import read_header
from stages.video.reader import read

CRF = 18
AT = 50  # the frame at which something happens to a made clip, of LENGTH
LENGTH = 100


def frames_of(path: Path, limit: int | None = None) -> Iterator[np.ndarray]:
    """Frames uint8 RGB [H, W, 3] at 25 fps, as the stages see them; the first `limit` of them."""
    header = read_header(str(path))
    for frame in read(str(path), header, 0.0, header.duration):
        if limit is not None and frame.index >= limit:
            return
        yield frame.image


def altered(source: Path, target: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """`source` at 25 fps with every frame changed, as H.264 at crf 18; kept where `target` exists already."""
    return once(target, lambda: (change(image) for image in frames_of(source)))


def once(path: Path, frames: Callable[[], Iterable[np.ndarray]]) -> Path:
    """A video file of frames uint8 RGB at 25 fps, H.264 at crf 18; kept where it exists already."""
    if not path.exists():
        partial = path.with_suffix(".partial.mp4")
        write_video(partial, frames(), fps=25, options={"crf": str(CRF)})
        partial.replace(path)
    return path


def mirrored(image: np.ndarray) -> np.ndarray:
    """The frame as in a mirror."""
    return image[:, ::-1]


def padded(image: np.ndarray) -> np.ndarray:
    """The frame in the middle of a black one, twice as wide and high (even margins, so 4:2:0 chroma stays in place)."""
    height, width = image.shape[:2]
    out = np.zeros((2 * height, 2 * width, 3), np.uint8)
    y, x = height // 4 * 2, width // 4 * 2
    out[y : y + height, x : x + width] = image
    return out
