"""The sound of a stretch of video: mono, at 16 kHz unless asked otherwise, aligned to the picture by timestamps."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.audio.frame import AudioFrame

from stages.video import tracks
from stages.video.channels import Levels, only
from stages.video.header import VideoHeader
from stages.video.packets import packets
from stages.video.pyav import open_container, video_stream
from stages.video.timestamps import ends_track, seconds

RATE = 16_000
STEREO = 0.5**0.5  # FFmpeg adds both sides at -3 dB; the mean of both is another 3 dB down
_LOST_DELAY = {"mp3": 1105, "mp3float": 1105, "mp2": 481, "mp2float": 481, "aac": 1024, "ac3": 256}
"""Samples by which codecs (FFmpeg's names) come late where the container cannot say so, as AVI cannot.

LAME's and the decoder's delay for MP3, a frame for AAC; the others as FFmpeg's encoders have them.
"""

_GAP_S = 0.01
_WIDE_GAP_S = 0.05


def read_sound(path: str, header: VideoHeader, start_s: float, end_s: float, rate: int = RATE) -> np.ndarray | None:
    """Sound [round((end_s - start_s) * rate)] float32 of exactly [start_s, end_s), zeros where there is none.

    Sample k belongs to second start_s + k / rate counted from the first frame of the picture, also after a gap in the
    track of 10 ms or more. Of several tracks the one that goes with the picture is heard (stages/video/tracks.py).
    Stereo becomes the mean of both sides; where the sides cancel each other out, the louder one
    (stages/video/channels.py). None without a sound track, or when it cannot be decoded at all.
    """
    if not header.audio_hz:
        return None
    out = np.zeros(round((end_s - start_s) * rate), np.float32)
    levels = Levels()
    heard = _mix(out, rate, (levels.noted(frame) for frame in _frames(path, header, start_s)), header, start_s)
    if heard and levels.cancel:
        out[:] = 0
        _mix(out, rate, (only(frame, levels.loudest) for frame in _frames(path, header, start_s)), header, start_s)
    return out if heard else None


def _frames(path: str, header: VideoHeader, start_s: float) -> Iterator[AudioFrame | None]:
    """The decoded sound from a second before `start_s` on; None where a packet is damaged."""
    with open_container(path) as container:
        stream = tracks.sound(container, video_stream(container, path))
        if stream is None:
            return
        stream.codec_context.thread_count = 1
        start = header.origin + start_s - 1.0 if start_s > 0 else None
        for packet in packets(container, stream, header.clock, start):
            if packet.size == 0 and not ends_track(packet):
                continue
            try:
                yield from packet.decode()  # type: ignore[misc]
            except av.FFmpegError:
                yield None


def _mix(out: np.ndarray, rate: int, frames: Iterator[AudioFrame | None], header: VideoHeader, start_s: float) -> bool:
    """Write the mono sound of `frames` into `out`, each where its timestamp says; whether there was any."""
    start = header.origin + start_s + _late(header)
    gain: float | None = None
    resampler = _resampler(rate)
    position: int | None = None
    heard = False
    for frame, late in _with_gaps(frames, start):
        if frame is None:
            position = None  # a damaged packet: the next frame's timestamp says where sound goes on
            continue
        if late or position is None:
            due = _due(frame, start)
            if position is not None:
                for piece in resampler.resample(None):
                    _place(out, piece, position, gain or 1.0)
            position, resampler = round((due or 0.0) * rate), _resampler(rate)
        gain = STEREO if frame.layout.nb_channels == 2 else 1.0
        for piece in resampler.resample(frame):
            position = _place(out, piece, position, gain)
            heard = True
        if position >= len(out):
            return heard
    if position is not None:
        for piece in resampler.resample(None):
            position = _place(out, piece, position, gain or 1.0)
            heard = True
    return heard


def _late(header: VideoHeader) -> float:
    """Seconds by which the sound's timestamps are earlier than what they sound like."""
    lost = _LOST_DELAY.get(header.audio_codec or "", 0) if "avi" in header.container else 0
    return lost / header.audio_hz


def _with_gaps(frames: Iterator[AudioFrame | None], start: float) -> Iterator[tuple[AudioFrame | None, bool]]:
    """Frames, and whether each begins at its own time in place of where the one before ended.

    A gap (or an overlap) is as wide as the timestamp says. A narrow one must be there still at the next frame:
    timestamps of live recordings tremble.
    """
    end: float | None = None
    held: tuple[AudioFrame, float] | None = None
    for frame in frames:
        due = None if frame is None else _due(frame, start)
        if frame is None or due is None:
            if held is not None:
                yield held[0], False
                held = None
            yield frame, False
            end = None if frame is None else (end or 0.0) + frame.samples / frame.sample_rate
            continue
        length = frame.samples / frame.sample_rate
        off = 0.0 if end is None else due - end
        if held is not None:
            again = abs(off - held[1]) < _GAP_S / 2
            yield held[0], again
            held = None
            if again:
                end, off = due, 0.0
        if abs(off) <= _GAP_S or abs(off) > _WIDE_GAP_S:
            yield frame, abs(off) > _WIDE_GAP_S
            end = due + length if end is None or abs(off) > _WIDE_GAP_S else end + length
        else:
            held = frame, off
            assert end is not None
            end += length
    if held is not None:
        yield held[0], False


def _resampler(rate: int) -> av.AudioResampler:
    return av.AudioResampler(format="flt", layout="mono", rate=rate)


def _due(frame: AudioFrame, start: float) -> float | None:
    """The second of the stretch that begins at `start` at which `frame` should begin; None if it does not say."""
    return None if frame.pts is None else seconds(frame.pts, frame) - start


def _place(out: np.ndarray, piece: AudioFrame, position: int, gain: float) -> int:
    samples = piece.to_ndarray().reshape(-1)
    first, last = max(position, 0), min(position + len(samples), len(out))
    if first < last:
        out[first:last] = samples[first - position : last - position] * np.float32(gain)
    return position + len(samples)
