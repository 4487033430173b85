"""What a file's timestamps mean: when its packets and frames are due, also where the file says it badly or not at all.

Three things go wrong with timestamps. Recordings put one after the other begin again at an earlier time (or at one
hours later): the clock goes on there, by the same step for picture and sound. AVI and some faulty files have no
presentation times, only the order of packets. Raw streams have no times at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

BACK_S = 0.5
"""A timestamp this much earlier than the one before begins the clock again."""

FORWARD_S = 10.0
"""One this much later does too, where all tracks do it; otherwise a track has a gap."""

_MARGIN_S = 10.0
"""How much earlier is looked up where a time may be found too late; key frames are mostly nearer to each other."""

_ORDER_S = 0.5
"""More than the frames that are decoded before they are shown last."""

_NO_TIMESTAMPS = 0x80
"""FFmpeg's AVFMT_NOTIMESTAMPS."""

_DISCONTINUOUS = 0x200
"""FFmpeg's AVFMT_TS_DISCONT."""


@dataclass(frozen=True)
class Jump:
    """The clock begins again: from packet number `picture` of the picture and `sound` of the sound on, counted from 0.

    add: seconds to add to timestamps from there on, so that time goes on. sound: None without a sound track.
    """

    picture: int
    sound: int | None
    add: float


@dataclass(frozen=True)
class Clock:
    """How to read the timestamps of a file.

    ordered: the picture's timestamps, if any, are no times of display, frames come in the order of the packets'; delay:
    packets that the decoder has taken in then when its first frame comes out. grid: seconds a frame where times count
    frames, so that what repeats a frame may be left out, as in AVI; else None. step: seconds a frame, where the packets
    have no times at all; else None. loose: a time that is looked up in the file may be found too late. jumps: where the
    clock begins again.
    """

    ordered: bool = False
    delay: int = 1
    grid: float | None = None
    step: float | None = None
    loose: bool = False
    jumps: tuple[Jump, ...] = ()

    @property
    def seekable(self) -> bool:
        """Whether a time can be looked up in the file; else it is read from its beginning."""
        return self.step is None and not self.jumps


class ClockError(ValueError):
    """The tracks of a file begin again at different places: what belongs together is not known. Says where."""


def has_times(container: InputContainer) -> bool:
    """Whether packets of this kind of file have timestamps."""
    return not container.format.flags & _NO_TIMESTAMPS


def may_begin_again(container: InputContainer) -> bool:
    """Whether recordings are put one after the other in this kind of file as they are, with all that changes."""
    return bool(container.format.flags & _DISCONTINUOUS)


def ends_track(packet: Packet) -> bool:
    """Whether it is the packet that FFmpeg gives after a track's last one: it empties the decoder."""
    return packet.size == 0 and packet.pts is None and packet.dts is None


def seconds(value: int, of: Packet | VideoFrame | AudioFrame | Stream) -> float:
    """A timestamp of a packet, frame or track in seconds."""
    return float(value * (of.time_base or Fraction(1, 90_000)))


def packets(
    container: InputContainer, stream: VideoStream | AudioStream, clock: Clock, start: float | None
) -> Iterator[Packet]:
    """Packets of one track with timestamps as they should be, from a key frame at or before second `start` on.

    The container is just opened. start: in seconds of the file; None for all packets.
    """
    if start is None:
        yield from _right(container, stream, clock)
        return
    if clock.ordered:
        start -= _ORDER_S  # where times are mere order, a key frame is shown later than its time
    if not clock.seekable:
        yield from _from_key(_right(container, stream, clock), start)
        return
    if not clock.loose:
        _seek(container, stream, start)
        yield from container.demux(stream)
        return
    _seek(container, stream, start - _MARGIN_S)
    found = _from_key(container.demux(stream), start)
    first = next(found, None)
    time = None if first is None else _time(first)
    if first is not None and time is not None and time <= start:
        yield first
    else:
        _seek(container, stream, seconds(stream.start_time or 0, stream))
        found = _from_key(container.demux(stream), start)
    yield from found


def _seek(container: InputContainer, stream: VideoStream | AudioStream, start: float) -> None:
    """Go on from a key frame at or before second `start` of the file, as far as its kind of container can."""
    container.seek(int(start / (stream.time_base or Fraction(1, 90_000))), stream=stream, backward=True)


def _from_key(found: Iterator[Packet], start: float) -> Iterator[Packet]:
    """Without what comes before the last key frame at or before second `start`."""
    waiting: list[Packet] = []
    begun = False
    for packet in found:
        if begun:
            yield packet
            continue
        time = _time(packet)
        if packet.is_keyframe and packet.size and (time is None or time <= start):
            waiting.clear()
        waiting.append(packet)
        if time is None or time >= start:
            begun = True
            yield from waiting
            waiting.clear()
    yield from waiting


def _time(packet: Packet) -> float | None:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return None if stamp is None else seconds(stamp, packet)


def _right(container: InputContainer, stream: VideoStream | AudioStream, clock: Clock) -> Iterator[Packet]:
    """All packets of one track with the timestamps that they should have."""
    for number, packet in enumerate(container.demux(stream)):
        if not clock.seekable:
            _set_right(packet, number, clock, isinstance(stream, VideoStream))
        yield packet


def _set_right(packet: Packet, number: int, clock: Clock, picture: bool) -> None:
    """Write the timestamps that packet `number` of its track should have; those that end a track have none."""
    if ends_track(packet):
        return
    if clock.step is not None:
        if picture:
            packet.pts = packet.dts = round(number * clock.step / float(packet.time_base))
        return
    add = 0.0
    for jump in clock.jumps:
        at = jump.picture if picture else jump.sound
        if at is not None and number >= at:
            add = jump.add
    ticks = round(add / float(packet.time_base))
    packet.pts = None if packet.pts is None else packet.pts + ticks
    packet.dts = None if packet.dts is None else packet.dts + ticks


class Due:
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
        stamp = packet.dts if packet.dts is not None else packet.pts
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


@dataclass
class _Track:
    """A track as far as it was walked through, its times in seconds as the file states them."""

    count: int = 0
    last: float = float("-inf")
    shown: float = float("-inf")
    end: float = float("-inf")
    latest: float = float("-inf")
    begins: list[_Beginning] = field(default_factory=list)

    def add(self, packet: Packet) -> None:
        """One packet that is not the end of the track."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is not None:
            shown = seconds(packet.pts if packet.pts is not None else stamp, packet)
            now = seconds(stamp, packet)
            # without a decoding time, frames that are shown later than they are decoded go back and forth
            told = packet.dts is not None or packet.is_keyframe
            if told and now < self.last - BACK_S:
                self.begins.append(_Beginning(self.count, self.end, shown, True))
                self.end = self.latest = self.shown = self.last = float("-inf")
            elif told and now > self.last + FORWARD_S and self.count:
                self.begins.append(_Beginning(self.count, self.end, shown, False))
            self.last = max(self.last, now)
            until = shown + seconds(packet.duration or 0, packet)
            self.latest = max(self.latest, until)
            if shown >= self.shown:  # whatever it says, a frame lasts until the next one is shown
                self.shown, self.end = shown, until
        self.count += 1


@dataclass(frozen=True)
class _Beginning:
    """Where a track's times leap: at which packet, the end before it, the time after it, and whether it goes back."""

    packet: int
    end: float
    start: float
    back: bool


class Walk:
    """Follows the packets of picture and sound through a whole file, to learn how long it is and where it jumps."""

    def __init__(self, picture: int, sound: int | None) -> None:
        """picture, sound: the tracks' numbers in the file. repeats: whether empty packets repeat pictures in it."""
        self._tracks = {picture: _Track()}
        self._picture, self._sound = self._tracks[picture], None
        self.repeats = False
        if sound is not None:
            self._sound = self._tracks[sound] = _Track()

    def add(self, packet: Packet) -> None:
        """One packet, in the order of the file."""
        if packet.stream_index in self._tracks and not ends_track(packet):
            track = self._tracks[packet.stream_index]
            track.add(packet)
            self.repeats = self.repeats or (packet.size == 0 and track is self._picture)

    @property
    def frames(self) -> int:
        """Packets of the picture so far: one a frame."""
        return self._picture.count

    def jumps(self) -> tuple[Jump, ...]:
        """Where the clock begins again. Raises ClockError when picture and sound do not say the same."""
        picture = self._picture.begins
        sound = self._sound.begins if self._sound is not None and self._sound.count else None
        if sound is not None and len(picture) != len(sound):
            picture, sound = ([begin for begin in track if begin.back] for track in (picture, sound))
            if len(picture) != len(sound):
                first = min(picture + sound, key=lambda begin: begin.end)
                raise ClockError(
                    f"its clock goes back from {first.end:.2f} to {first.start:.2f} s, {len(picture)} times in the "
                    f"picture and {len(sound)} times in the sound"
                )
        made: list[Jump] = []
        add = 0.0
        for number, begin in enumerate(picture):
            both = [begin] if sound is None else [begin, sound[number]]
            add += max(each.end for each in both) - min(each.start for each in both)
            made.append(Jump(begin.packet, None if sound is None else sound[number].packet, add))
        return tuple(made)

    def ends(self) -> tuple[float, float]:
        """(end of the picture, latest second that any packet claims) in seconds of the clock that goes on."""
        add = next((jump.add for jump in reversed(self.jumps())), 0.0)
        tracks = [track.latest + add for track in self._tracks.values() if track.count]
        return self._picture.end + add, max(tracks, default=0.0)
