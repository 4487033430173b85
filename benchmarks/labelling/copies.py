"""Altered copies of clips as real files: mirrored, padded, spliced, filmed from a still picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stages.reader import read
from stages.reader_pyav import read_header


def frames_of(path: Path, limit: int | None = None) -> Iterator[np.ndarray]:
    """Frames uint8 RGB [H, W, 3] at 25 fps, as the stages see them; the first `limit` of them."""
    header = read_header(str(path))
    for frame in read(str(path), header, 0.0, header.duration):
        if limit is not None and frame.index >= limit:
            return
        yield frame.image


def write_h264(
    path: Path, images: Iterable[np.ndarray], crf: int = 18, times: Iterable[float] | None = None
) -> Path:
    """An MP4 with H.264 of uint8 RGB images [H, W, 3]; at 25 fps, or shown at `times` (seconds, increasing)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    base = Fraction(1, 90_000)
    moments = iter(times) if times is not None else (i / 25 for i in range(10**9))
    with av.open(str(path), "w") as container:
        stream = None
        for image, moment in zip(images, moments, strict=False):
            if stream is None:
                height, width = image.shape[:2]
                stream = container.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "veryfast"})
                stream.width, stream.height = width, height
                stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
                stream.time_base = stream.codec_context.time_base = base
                stream.thread_count = 1
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = round(moment / base), base
            container.mux(stream.encode(frame))
        if stream is None:
            raise ValueError(f"{path}: no image to write")
        container.mux(stream.encode(None))
    return path


def altered(source: Path, target: Path, change: Callable[[np.ndarray], np.ndarray], limit: int | None = None) -> Path:
    """`source` at 25 fps with every frame changed, encoded at crf 18; kept where `target` exists already."""
    if not target.exists():
        partial = target.with_suffix(".partial.mp4")
        write_h264(partial, (change(image) for image in frames_of(source, limit)))
        partial.replace(target)
    return target


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
