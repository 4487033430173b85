"""The sound of a stretch of video: mono, at 16 kHz unless asked otherwise, aligned to the picture by timestamps."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from stages.reader import VideoHeader
from stages.reader_pyav import open_container

RATE = 16_000
_STEREO = 0.5**0.5  # FFmpeg adds both sides at -3 dB; the mean of both is another 3 dB down
_JUMP_S = 0.05


def read_sound(path: str, header: VideoHeader, start_s: float, end_s: float, rate: int = RATE) -> np.ndarray | None:
    """Sound [round((end_s - start_s) * rate)] float32 of exactly [start_s, end_s), zeros where there is none.

    Sample k belongs to second start_s + k / rate counted from the first frame of the picture, also after a gap in the
    track. Stereo becomes the mean of both sides. None without a sound track, or when it cannot be decoded at all.
    """
    if not header.audio_hz:
        return None
    out = np.zeros(round((end_s - start_s) * rate), np.float32)
    heard = False
    with open_container(path) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        base = stream.time_base or Fraction(1, stream.codec_context.sample_rate)
        if start_s > 0:
            target = max(0.0, header.origin + start_s - 1.0)
            container.seek(int(target / base), stream=stream, backward=True)
        resampler = _resampler(rate)
        gain = _STEREO if header.audio_channels == 2 else 1.0
        position: int | None = None
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                position = None  # a damaged packet: the next frame's timestamp says where sound goes on
                continue
            for frame in frames:
                due = _due(frame, base, header.origin + start_s, rate)
                if due is not None and (position is None or abs(due - position) > _JUMP_S * rate):
                    if position is not None:
                        for piece in resampler.resample(None):
                            _place(out, piece, position, gain)
                    position, resampler = due, _resampler(rate)
                for piece in resampler.resample(frame):
                    position = _place(out, piece, position or 0, gain)
                    heard = True
            if position is not None and position >= len(out):
                break
        else:
            for piece in resampler.resample(None):
                position = _place(out, piece, position or 0, gain)
    return out if heard else None


def _resampler(rate: int) -> av.AudioResampler:
    return av.AudioResampler(format="flt", layout="mono", rate=rate)


def _due(frame: av.AudioFrame, base: Fraction, start: float, rate: int) -> int | None:
    """The sample of the stretch that begins at `start` with which `frame` should begin; None if it does not say."""
    if frame.pts is None:
        return None
    return round((float(frame.pts * (frame.time_base or base)) - start) * rate)


def _place(out: np.ndarray, piece: av.AudioFrame, position: int, gain: float) -> int:
    samples = piece.to_ndarray().reshape(-1)
    first, last = max(position, 0), min(position + len(samples), len(out))
    if first < last:
        out[first:last] = samples[first - position : last - position] * np.float32(gain)
    return position + len(samples)
