"""The decord backend of the reader.

decord ignores pixel aspect, which `upright` sees to for both backends. It turns the frames of MP4 and MOV files
itself, not those of Matroska: here they are turned back, so that `upright` turns all frames alike.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from functools import partial

import numpy as np

from stages.video.header import SourceFrame, Unreadable, VideoHeader


def decode(path: str, header: VideoHeader, start_s: float) -> Iterator[SourceFrame]:
    """Each source frame in the order of display, from one at or before `start_s` on.

    decord scans the whole file when it opens it, and gives all timestamps from that scan.
    """
    import decord

    try:
        reader = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=1)
        times, ends = reader.get_frame_timestamp(range(len(reader))).astype(float).T
    except (decord.DECORDError, RuntimeError, IndexError) as error:
        raise Unreadable(f"{path}: decord cannot read it ({error}); try --decoder pyav") from error
    lengths = ends - times
    times = times - times[0]
    turned = header.rotation // 90 if "mov" in header.container else 0
    first = max(0, bisect.bisect_right(times.tolist(), start_s) - 1)
    for index in range(first, len(times)):
        yield SourceFrame(float(times[index]), float(lengths[index]), partial(_image, reader, index, turned, path))


def _image(reader, index: int, turned: int, path: str) -> np.ndarray:  # type: ignore[no-untyped-def]
    import decord

    try:
        return np.rot90(reader[index].asnumpy(), -turned)
    except (decord.DECORDError, RuntimeError) as error:
        raise Unreadable(f"{path}: decord fails at frame {index} ({error}); try --decoder pyav") from error
