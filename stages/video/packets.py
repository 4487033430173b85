"""The packets of one track, from a time on, with the timestamps that they should have."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from stages.video.clock import Clock
from stages.video.timestamps import decoding_stamp, ends_track, seconds

_MARGIN_S = 10.0
"""How much earlier is looked up where a time may be found too late; key frames are mostly nearer to each other."""

_ORDER_S = 0.5
"""More than the frames that are decoded before they are shown last."""


def packets(
    container: InputContainer, stream: VideoStream | AudioStream, clock: Clock, start: float | None
) -> Iterator[Packet]:
    """Packets of one track with timestamps as they should be, from a key frame at or before second `start` on.

    The container is just opened. start: in seconds of the file; None for all packets.
    """
    if start is None:
        yield from _corrected(container, stream, clock)
        return
    if clock.ordered:
        start -= _ORDER_S  # where times are mere order, a key frame is shown later than its time
    if not clock.seekable:
        yield from _from_key(_corrected(container, stream, clock), start)
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
    found_start = False
    for packet in found:
        if found_start:
            yield packet
            continue
        time = _time(packet)
        if packet.is_keyframe and packet.size and (time is None or time <= start):
            waiting.clear()
        waiting.append(packet)
        if time is None or time >= start:
            found_start = True
            yield from waiting
            waiting.clear()
    yield from waiting


def _time(packet: Packet) -> float | None:
    stamp = decoding_stamp(packet)
    return None if stamp is None else seconds(stamp, packet)


def _corrected(container: InputContainer, stream: VideoStream | AudioStream, clock: Clock) -> Iterator[Packet]:
    """All packets of one track with the timestamps that they should have."""
    for number, packet in enumerate(container.demux(stream)):
        if not clock.seekable:
            _correct(packet, number, clock, isinstance(stream, VideoStream))
        yield packet


def _correct(packet: Packet, number: int, clock: Clock, picture: bool) -> None:
    """Write the timestamps that packet `number` of its track should have; those that end a track have none."""
    if ends_track(packet):
        return
    if clock.step is not None:
        if picture:
            packet.pts = packet.dts = round(number * clock.step / float(packet.time_base))
        return
    add = 0.0
    for discontinuity in clock.discontinuities:
        at = discontinuity.picture if picture else discontinuity.sound
        if at is not None and number >= at:
            add = discontinuity.add
    ticks = round(add / float(packet.time_base))
    packet.pts = None if packet.pts is None else packet.pts + ticks
    packet.dts = None if packet.dts is None else packet.dts + ticks
