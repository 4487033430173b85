"""Interlaced frames made whole: each shows two moments in its alternate lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Generic, TypeVar

import av
from av.filter import Graph
from av.video.frame import VideoFrame

Tag = TypeVar("Tag")


class Deinterlacer(Generic[Tag]):
    """FFmpeg's bwdif, one frame out for each that goes in, from the first interlaced frame on; before, it does nothing.

    A frame comes out one or two later than it went in, with the tag that it went in with. Frames that are not marked
    as interlaced pass unchanged.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None
        self._tags: deque[Tag] = deque()

    def push(self, frame: VideoFrame, tag: Tag) -> Iterable[tuple[VideoFrame, Tag]]:
        """The frames that are done when `frame` has come."""
        kind = (frame.width, frame.height, frame.format.name)
        if self._graph is None and not frame.interlaced_frame:
            return [(frame, tag)]
        done = list(self.finish()) if self._graph is not None and kind != self._kind else []
        if self._graph is None:
            self._graph, self._kind = _bwdif(frame), kind
        self._tags.append(tag)
        self._graph.push(frame)
        return [*done, *self._pull()]

    def finish(self) -> Iterable[tuple[VideoFrame, Tag]]:
        """The frames that are still inside; it begins anew after them."""
        if self._graph is None:
            return []
        self._graph.push(None)
        done = list(self._pull())
        self._graph = None
        self._tags.clear()
        return done

    def _pull(self) -> Iterator[tuple[VideoFrame, Tag]]:
        assert self._graph is not None
        while self._tags:
            try:
                frame = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield frame, self._tags.popleft()


def _bwdif(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 90_000)
    )
    bwdif = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    return graph
