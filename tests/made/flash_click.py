"""Files whose picture flashes and whose sound clicks at the same moments, in any container and codec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stages.video.pyav import read_header
from stages.video.reader import read
from stages.video.sound import RATE, read_sound

SECONDS = 6
MOMENTS = (1.0, 2.4, 4.2)
"""When it flashes and clicks."""


def write_flashes(
    path: Path,
    video: str,
    audio: str,
    container: str | None = None,
    fps: Fraction | int = 25,
    rate: int = 48_000,
    size: tuple[int, int] = (96, 64),
    options: Mapping[str, str] | None = None,
    seconds: int = SECONDS,
    moments: Sequence[float] = MOMENTS,
    silent: bool = False,
) -> None:
    """Grey pictures with a white frame, and silence with a click of 20 ms, at each of `moments`."""
    width, height = size
    with av.open(str(path), "w", format=container) as output:
        shown = output.add_stream(video, rate=fps, options=dict(options or {}))
        shown.width, shown.height = width, height
        shown.pix_fmt = "yuv411p" if video == "dvvideo" else "yuv420p"
        shown.bit_rate = 800_000
        heard = output.add_stream(audio, rate=rate, layout="stereo" if video == "dvvideo" else "mono")
        channels = heard.codec_context.layout.nb_channels
        kind = heard.codec_context.format
        block = heard.codec_context.frame_size or 1024
        time = np.arange(seconds * rate) / rate
        clicks = np.zeros(len(time), np.float32)
        for moment in () if silent else moments:
            inside = (time >= moment) & (time < moment + 0.02)
            clicks[inside] = 0.8 * np.sin(2 * np.pi * 1500 * (time[inside] - moment))
        resampler = av.AudioResampler(format=kind.name, layout=heard.codec_context.layout.name, rate=rate)
        at = 0
        for index in range(round(seconds * fps)):
            lit = any(abs(index / fps - moment) < 0.5 / fps for moment in moments)
            image = np.full((height, width, 3), 235 if lit else 40, np.uint8)
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, 1 / Fraction(fps)
            output.mux(shown.encode(picture))
            while at + block <= (index + 1) / fps * rate:
                piece = av.AudioFrame.from_ndarray(clicks[None, at : at + block], format="fltp", layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = rate, at, Fraction(1, rate)
                for made in resampler.resample(piece):
                    output.mux(heard.encode(made))
                at += block
        output.mux(shown.encode(None))
        output.mux(heard.encode(None))
        assert channels


def offsets(path: Path, start_s: float = 0.0, end_s: float | None = None) -> list[float]:
    """Seconds by which each click comes after its flash, as the reader places them."""
    header = read_header(str(path))
    end = header.duration if end_s is None else end_s
    # 1 / 25 s apart: the flash is where the brightest frame's own time says
    bright = [
        (frame.time, float(frame.image.mean())) for frame in read(str(path), header, start_s, end) if not frame.repeated
    ]
    flashes = [time for time, level in bright if level > 130]
    sound = read_sound(str(path), header, start_s, end)
    assert sound is not None
    level = np.abs(sound)
    loud = np.flatnonzero(level > level.max() / 4)
    clicks = loud[np.concatenate([[True], np.diff(loud) > RATE // 2])] / RATE
    assert len(flashes) == len(clicks), (flashes, clicks)
    return [float(click - flash) for flash, click in zip(flashes, clicks, strict=True)]
