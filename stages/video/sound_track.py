"""The sound of any file, a recording's or a video's, in pieces: nothing that is kept grows with its length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import av
import numpy as np
from av.audio.frame import AudioFrame

from stages.video import tracks
from stages.video.channels import Levels, only, sides
from stages.video.header import Unreadable
from stages.video.pyav import open_container
from stages.video.sound import RATE, STEREO


@dataclass(frozen=True)
class SoundTrack:
    """What is heard of a file. hz, channels: as it is stored. samples: of `mono`. loudest: the largest sample, from 0
    to 1. side: the one that is heard alone, where sides cancel each other out (stages/video/channels.py)."""

    path: str
    hz: int
    channels: int
    samples: int
    loudest: float
    side: int | None

    @classmethod
    def of(cls, path: str) -> Self:
        """Of a file, which is decoded once from end to end. Unreadable: it cannot be, or has no sound."""
        levels, loudest, hz, channels = Levels(), 0.0, 0, 1
        for frame in _frames(path):
            hz, channels = hz or frame.sample_rate, max(channels, frame.layout.nb_channels)
            level = float(np.abs(sides(levels.noted(frame) or frame)).max(initial=0))
            if not np.isfinite(level):
                raise Unreadable(f"{path}: has samples that are no numbers; write it anew")
            loudest = max(loudest, level)
        side = levels.loudest if levels.cancel else None
        samples = sum(len(piece) for piece in _mono(_frames(path), side))
        if not samples:
            raise Unreadable(f"{path}: no sound in it lasts a moment; give a recording of somebody who speaks")
        return cls(path, hz, channels, samples, loudest, side)

    @property
    def seconds(self) -> float:
        """Of `mono`."""
        return self.samples / RATE

    def mono(self) -> Iterator[np.ndarray]:
        """Pieces [n] float32 at 16 kHz, one after the other: the mean of the sides, or the one that is heard alone."""
        return _mono(_frames(self.path), self.side)

    def frames(self) -> Iterator[AudioFrame]:
        """As they are decoded; what is damaged is left out."""
        return _frames(self.path)


def _frames(path: str) -> Iterator[AudioFrame]:
    with open_container(path, "recording") as container:
        stream = tracks.sound(container, tracks.picture(container))
        if stream is None:
            raise Unreadable(f"{path}: has no sound that can be decoded; give a recording of somebody who speaks")
        stream.codec_context.thread_count = 1
        try:
            for packet in container.demux(stream):
                try:
                    yield from packet.decode()  # type: ignore[misc]
                except av.FFmpegError:
                    continue  # a damaged packet; sound goes on behind it
        except av.FFmpegError as error:
            raise Unreadable(f"{path}: damaged ({error.strerror}); copy it again") from error


def _mono(frames: Iterator[AudioFrame], side: int | None) -> Iterator[np.ndarray]:
    resampler, kind, gain = None, None, 1.0
    for frame in frames:
        heard = frame if side is None else only(frame, side) or frame
        now = heard.format.name, heard.layout.name, heard.sample_rate
        if resampler is None or now != kind:
            yield from _emptied(resampler, gain)
            resampler, kind = av.AudioResampler(format="flt", layout="mono", rate=RATE), now
            gain = STEREO if heard.layout.nb_channels == 2 else 1.0
        heard.pts = None  # sound goes on where it ended, whatever its timestamps say
        yield from (_samples(piece, gain) for piece in resampler.resample(heard))
    yield from _emptied(resampler, gain)


def _emptied(resampler: av.AudioResampler | None, gain: float) -> Iterator[np.ndarray]:
    if resampler is not None:
        yield from (_samples(piece, gain) for piece in resampler.resample(None))


def _samples(piece: AudioFrame, gain: float) -> np.ndarray:
    return piece.to_ndarray().reshape(-1) * np.float32(gain)
