"""The decord backend of the reader. decord ignores rotation and pixel aspect: both come from the header."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from stages.reader import Unreadable, VideoHeader


def decode(path: str, header: VideoHeader, start_s: float) -> Iterator[tuple[float, Callable[[], np.ndarray]]]:
    """(seconds from the first frame, maker of the RGB image) of each source frame, in order, from before `start_s`.

    decord scans the whole file when it opens it, and gives all timestamps from that scan.
    """
    import decord

    try:
        reader = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=1)
        times = reader.get_frame_timestamp(range(len(reader)))[:, 0].astype(float)
    except (decord.DECORDError, RuntimeError, IndexError) as error:
        raise Unreadable(f"{path}: decord cannot read it ({error}); try --decoder pyav") from error
    times -= times[0]
    first = max(0, bisect.bisect_right(times.tolist(), start_s) - 1)
    for index in range(first, len(times)):
        yield float(times[index]), partial(_image, reader, index, path)


def _image(reader, index: int, path: str) -> np.ndarray:  # type: ignore[no-untyped-def]
    import decord

    try:
        return reader[index].asnumpy()
    except (decord.DECORDError, RuntimeError) as error:
        raise Unreadable(f"{path}: decord fails at frame {index} ({error}); try --decoder pyav") from error
