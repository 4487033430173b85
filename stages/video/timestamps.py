"""Timestamps of packets, frames and tracks: what they are in seconds, and what kinds of file have them."""

from __future__ import annotations

from fractions import Fraction

from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

_NO_TIMESTAMPS = 0x80
"""FFmpeg's AVFMT_NOTIMESTAMPS."""

_DISCONTINUOUS = 0x200
"""FFmpeg's AVFMT_TS_DISCONT."""


def has_timestamps(container: InputContainer) -> bool:
    """Whether packets of this kind of file have timestamps."""
    return not container.format.flags & _NO_TIMESTAMPS


def may_be_discontinuous(container: InputContainer) -> bool:
    """Whether recordings are put one after the other in this kind of file as they are, with all that changes."""
    return bool(container.format.flags & _DISCONTINUOUS)


def decoding_stamp(packet: Packet) -> int | None:
    """When a packet is decoded, in its time base; where it does not say, when it is presented; None without either."""
    return packet.dts if packet.dts is not None else packet.pts


def ends_track(packet: Packet) -> bool:
    """Whether it is the packet that FFmpeg gives after a track's last one: it empties the decoder."""
    return packet.size == 0 and packet.pts is None and packet.dts is None


def seconds(value: int, of: Packet | VideoFrame | AudioFrame | Stream) -> float:
    """A timestamp of a packet, frame or track in seconds."""
    return float(value * (of.time_base or Fraction(1, 90_000)))
