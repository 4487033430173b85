"""When the frames of the picture are presented, by their own timestamps or by those of the packets they come from."""

from __future__ import annotations

from collections import deque

from av.packet import Packet
from av.video.frame import VideoFrame

from stages.video.clock import Clock
from stages.video.timestamps import decoding_stamp, seconds


class PresentationTimes:
    """When the frames of the picture are due, in seconds of the file: frames come out in the order of display.

    Feed it every packet before its frames are asked for. An empty packet repeats the frame before it.
    """

    def __init__(self, clock: Clock) -> None:
        self._ordered = clock.ordered
        self._delay = clock.delay if self._ordered else None
        self._grid = clock.grid
        self._fed = 0
        self._queue: deque[tuple[float, bool]] = deque()
        self._last = float("-inf")
        self._length = 0.0

    def feed(self, packet: Packet) -> bool:
        """Take note of a packet; whether it holds a frame for the decoder (or ends the track)."""
        empty = packet.size == 0
        stamp = decoding_stamp(packet)
        if stamp is None:
            return True
        if empty and not self._ordered and packet.pts is not None:
            stamp = packet.pts
        if empty or self._ordered:
            self._queue.append((seconds(stamp, packet), empty))
        self._fed += not empty
        return not empty

    def frame(self, frame: VideoFrame) -> tuple[list[float], float]:
        """(times at which the frame before is shown again first, time of this one)."""
        if self._ordered:
            self._drop_undecodable()
            repeats = []
            while self._queue and self._queue[0][1]:
                repeats.append(self._queue.popleft()[0])
            time = self._queue.popleft()[0] if self._queue else self._last + self._length
            if self._grid is not None and time > self._last + 1.5 * self._grid:
                repeats.append(time - self._grid)
        else:
            time = self._time(frame)
            repeats = self._repeats_before(time)
        self._length = seconds(frame.duration, frame) if frame.duration else self._length
        self._last = max(self._last, time)
        return repeats, time

    def rest(self) -> list[float]:
        """Times at which the last frame is shown again, after all packets."""
        return [time for time, empty in self._queue if empty and time > self._last]

    def _time(self, frame: VideoFrame) -> float:
        """When a frame is due by its own timestamp; one that has none follows the frame before."""
        if frame.pts is not None:
            return seconds(frame.pts, frame)
        if self._last > float("-inf"):
            return self._last + self._length
        return seconds(frame.dts or 0, frame)

    def _drop_undecodable(self) -> None:
        """Forget packets after a key frame in the middle of a file whose frames need those before it."""
        if self._delay is None:
            return
        for _ in range(self._fed - self._delay):
            while len(self._queue) > 1 and self._queue[0][1]:
                self._queue.popleft()
            if len(self._queue) > 1:
                self._queue.popleft()
        self._delay = None

    def _repeats_before(self, time: float) -> list[float]:
        due = sorted(at for at, _ in self._queue if at < time)
        self._queue = deque(item for item in self._queue if item[0] >= time)
        return [at for at in due if at > self._last]
