"""Writes video files from arrays: for sample clips, tests and what is generated.

One thread, no dates, no random ids: the same arrays give the same bytes (with the same PyAV, on the same machine).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, count

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.stream import VideoStream

_AAC_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
_OTHER_HZ = 48_000

_TICK = Fraction(1, 60_000)  # MPEG-4 part 2 allows at most 65,535 ticks a second
_BLOCK = 1024


def write_video(
    path: str | os.PathLike[str],
    frames: Iterable[np.ndarray],
    fps: float | Fraction | None = None,
    times: Sequence[float] | None = None,
    audio: np.ndarray | None = None,
    audio_rate: int = 16_000,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    rotation: int = 0,
    container: str | None = None,
) -> int:
    """Writes frames, and sound as AAC, to a video file; returns the number of frames.

    frames: uint8 RGB [H, W, 3], H and W even. Either fps, or times: seconds of each frame, increasing (variable frame
    rate). audio: float32 in [-1, 1], [S] mono or [S, 2], at audio_rate Hz, from second 0; None for no sound track.
    options: the codec's, such as {"crf": "18", "g": "25"}. rotation: degrees counter-clockwise by which a player turns
    the stored frames (90 and 270 store a portrait lying on its side), as the container's display matrix. container:
    FFmpeg's name of the format, by the ending of the path when None. Raises ValueError for what does not fit.
    """
    rate, base, ticks = _clock(path, fps, times)
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ValueError(f"{path}: no frames to write")
    written = 0
    with av.open(os.fspath(path), "w", format=container, options={"fflags": "+bitexact"}) as output:
        video = _video_stream(output, codec, rate, base, first.shape, options)
        if rotation % 360:
            video.set_display_rotation(float(rotation))
        sound = None if audio is None else _Sound(path, output, audio, audio_rate)
        for image in chain([first], frames):
            if image.shape != first.shape or image.dtype != np.uint8:
                raise ValueError(f"{path}: frame {written} is {image.dtype} {image.shape}, not uint8 {first.shape}")
            tick = next(ticks, None)
            if tick is None:
                raise ValueError(f"{path}: more frames than the {written} times")
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            picture.pts, picture.time_base = tick, base
            output.mux(video.encode(picture))
            written += 1
            if sound is not None:
                sound.write_until(float(tick * base))
        if times is not None and written < len(times):
            raise ValueError(f"{path}: {len(times)} times for {written} frames")
        output.mux(video.encode(None))
        if sound is not None:
            sound.finish()
    return written


def _clock(
    path: object, fps: float | Fraction | None, times: Sequence[float] | None
) -> tuple[Fraction, Fraction, Iterator[int]]:
    """(frame rate for the header, seconds a tick, ticks of the frames)."""
    if fps is not None and times is None:
        rate = Fraction(fps).limit_denominator(1001)
        if rate <= 0:
            raise ValueError(f"{path}: fps must be above 0, not {fps}")
        return rate, 1 / rate, count()
    if times is None or fps is not None or len(times) == 0:
        raise ValueError(f"{path}: give either fps or the times of the frames")
    ticks = [round(time / _TICK) for time in times]
    if ticks[0] < 0 or any(b <= a for a, b in zip(ticks, ticks[1:], strict=False)):
        raise ValueError(f"{path}: times of frames must be 0 or more and increase")
    length = (ticks[-1] - ticks[0]) * _TICK
    rate = (Fraction(len(ticks) - 1) / length).limit_denominator(1001) if length else Fraction(25)
    return rate, _TICK, iter(ticks)


def _video_stream(
    output: OutputContainer,
    codec: str,
    rate: Fraction,
    base: Fraction,
    shape: tuple[int, ...],
    options: Mapping[str, str] | None,
) -> VideoStream:
    if len(shape) != 3 or shape[2] != 3 or shape[0] % 2 or shape[1] % 2:
        raise ValueError(f"{output.name}: frames must be [H, W, 3] with even H and W, not {shape}")
    video = output.add_stream(codec, rate=rate, options=dict(options or {}))
    if not isinstance(video, VideoStream):
        raise ValueError(f"{output.name}: {codec} is no video codec")
    video.height, video.width = shape[:2]
    video.pix_fmt = "yuv420p"
    video.codec_context.thread_count = 1
    video.codec_context.time_base = base
    return video


class _Sound:
    """The sound track of a file that is being written; goes along with the pictures, so that players need not seek."""

    def __init__(self, path: object, output: OutputContainer, audio: np.ndarray, rate: int) -> None:
        samples = audio[:, None] if audio.ndim == 1 else audio
        if audio.dtype != np.float32 or samples.ndim != 2 or samples.shape[1] not in (1, 2):
            raise ValueError(f"{path}: sound must be float32 [S] or [S, 2], not {audio.dtype} {audio.shape}")
        self._samples = np.ascontiguousarray(samples.T)
        self._layout = "mono" if len(self._samples) == 1 else "stereo"
        self._output, self._rate, self._at = output, rate, 0
        self._stream = output.add_stream("aac", rate=rate, layout=self._layout)

    def write_until(self, seconds: float) -> None:
        """Writes what is due before `seconds`, in whole blocks."""
        while self._at + _BLOCK <= min(seconds * self._rate, self._samples.shape[1]):
            self._write(_BLOCK)

    def finish(self) -> None:
        """Writes the rest and empties the encoder."""
        while self._at < self._samples.shape[1]:
            self._write(_BLOCK)
        self._output.mux(self._stream.encode(None))

    def _write(self, size: int) -> None:
        block = np.ascontiguousarray(self._samples[:, self._at : self._at + size])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._at, Fraction(1, self._rate)
        self._output.mux(self._stream.encode(frame))
        self._at += block.shape[1]


def aac_rate(hz: int) -> int:
    """Samples a second of AAC for sound of `hz`: the same where AAC knows it."""
    return hz if hz in _AAC_HZ else _OTHER_HZ


def write_sound(path: str | os.PathLike[str], frames: Iterable[AudioFrame], hz: int, channels: int) -> None:
    """Writes sound, frames of any kinds one after the other, as AAC in an MP4 file; up to two channels.

    hz: samples a second, of the file; `aac_rate` has those that AAC knows.
    """
    layout = "mono" if channels == 1 else "stereo"
    with av.open(os.fspath(path), "w", format="mp4", options={"fflags": "+bitexact"}) as output:
        stream = output.add_stream("aac", rate=hz, layout=layout)
        stream.bit_rate = min(128_000, 4 * hz) * (1 if channels == 1 else 2)
        resampler: av.AudioResampler | None = None
        kind, at = None, 0

        def write(pieces: Iterable[AudioFrame]) -> None:
            nonlocal at
            for piece in pieces:
                piece.pts, piece.time_base = at, Fraction(1, hz)
                at += piece.samples
                output.mux(stream.encode(piece))

        for frame in frames:
            now = frame.format.name, frame.layout.name, frame.sample_rate
            if resampler is None or now != kind:
                write([] if resampler is None else resampler.resample(None))
                resampler, kind = av.AudioResampler("fltp", layout, hz, frame_size=_BLOCK), now
            frame.pts = None
            write(resampler.resample(frame))
        write([] if resampler is None else resampler.resample(None))
        output.mux(stream.encode(None))
