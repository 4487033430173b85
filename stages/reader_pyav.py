"""The PyAV backend of the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from stages.reader import Unreadable, VideoHeader

# Containers of real video; FFmpeg also opens text ("tty"), pictures and playlists, which are no clips.
_NOT_VIDEO = (
    "tty",
    "image2",
    "_pipe",
    "hls",
    "concat",
    "dash",
    "lavfi",
    "gif",
    "apng",
    "srt",
    "webvtt",
    "ass",
)


def _why(error: Exception) -> str:
    """FFmpeg's words without its error number."""
    return getattr(error, "strerror", None) or str(error)


def open_container(path: str) -> InputContainer:
    """The opened file. Raises Unreadable when it is no video container; never follows a URL inside the file."""
    try:
        container = av.open(path, options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(f"{path}: not a readable video ({_why(error)}); replace or remove the file") from error
    name = container.format.name
    if any(part in name for part in _NOT_VIDEO):
        container.close()
        raise Unreadable(f"{path}: is {name}, not a video; replace or remove the file")
    return container


def video_stream(container: InputContainer, path: str) -> VideoStream:
    """The first real video stream (cover art does not count), set to one thread."""
    for stream in container.streams.video:
        if "attached_pic" not in str(stream.disposition):
            stream.thread_type = "NONE"
            stream.thread_count = 1
            return stream
    raise Unreadable(f"{path}: has no video stream; only videos can be extracted")


def read_header(path: str, max_pixels: int = 8192 * 8192) -> VideoHeader:
    """What the container says, plus one decoded frame for rotation and origin.

    Raises Unreadable for what is no video, has no frame, or claims more than `max_pixels` a frame.
    """
    with open_container(path) as container:
        stream = video_stream(container, path)
        context = stream.codec_context
        if context is None or not context.name:
            raise Unreadable(f"{path}: no decoder for its codec; transcode it to H.264")
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > max_pixels:
            raise Unreadable(f"{path}: header claims {width}x{height}; over {max_pixels} pixels a frame")
        try:
            first = next(container.decode(stream), None)
        except (av.FFmpegError, OSError) as error:
            raise Unreadable(f"{path}: its first frame cannot be decoded ({_why(error)}); copy it again") from error
        if first is None or first.pts is None:
            raise Unreadable(f"{path}: no frame could be decoded; the file may be cut off: copy it again")
        rotation = int(round(first.rotation / 90) * 90) % 360
        aspect = float(stream.sample_aspect_ratio or 1) or 1.0
        width, height = round(first.width * aspect), first.height
        if rotation in (90, 270):
            width, height = height, width
        base = stream.time_base or Fraction(1, 90_000)
        origin = float(first.pts * base)
        fps = float(stream.average_rate or stream.guessed_rate or 0)
        audio = next(iter(container.streams.audio), None)
        return VideoHeader(
            container=container.format.name,
            codec=stream.codec_context.name,
            width=width,
            height=height,
            fps=fps,
            duration=_duration(container, stream, path, origin, fps),
            rotation=rotation,
            pixel_aspect=aspect,
            audio_codec=audio.codec_context.name if audio else None,
            audio_hz=audio.codec_context.sample_rate or 0 if audio else 0,
            audio_channels=audio.codec_context.channels if audio else 0,
            origin=origin,
        )


def _duration(container: InputContainer, stream: VideoStream, path: str, origin: float, fps: float) -> float:
    """Seconds of the video stream from its first frame; packets are walked through where the header does not say."""
    base = stream.time_base or Fraction(1, 90_000)
    if stream.duration:
        start = float((stream.start_time or 0) * base)
        return float(stream.duration * base) - max(0.0, origin - start)
    last, any_last = _walk(path, stream.index)
    promised = (container.duration or 0) / av.time_base
    if any_last < promised - 1.0:
        raise Unreadable(
            f"{path}: the header promises {promised:.2f} s but the file ends at {any_last:.2f} s; "
            "it is cut off: copy it again"
        )
    return max(last - origin, 1 / fps if fps else 0.0)


def _walk(path: str, index: int) -> tuple[float, float]:
    """(end of stream `index`, end of all streams) in seconds, from the packets; nothing is decoded."""
    last = any_last = 0.0
    with open_container(path) as container:
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    any_last = max(any_last, end)
                    if packet.stream.index == index:
                        last = max(last, end)
        except av.FFmpegError as error:
            raise Unreadable(f"{path}: damaged container ({_why(error)}); copy it again") from error
    return last, any_last


class _Rgb:
    """Decoded frames as RGB arrays, colour space and range as tagged.

    One conversion context for all frames: `frame.to_ndarray(format="rgb24")` makes one a frame, which takes three to
    eight times as long for the same bits.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        return self._reformatter.reformat(frame, format="rgb24", threads=1).to_ndarray()


def decode(path: str, header: VideoHeader, start_s: float) -> Iterator[tuple[float, Callable[[], np.ndarray]]]:
    """(seconds from the first frame, maker of the RGB image) of each source frame, in order, from before `start_s`."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        base = stream.time_base or Fraction(1, 90_000)
        if start_s > 0:
            container.seek(int((header.origin + start_s) / base), stream=stream, backward=True)
        rgb = _Rgb()
        last = float("-inf")
        try:
            for frame in container.decode(stream):
                if frame.pts is None:
                    continue
                time = float(frame.pts * base) - header.origin
                if time <= last:
                    continue
                last = time
                yield time, partial(rgb, frame)
        except (av.FFmpegError, OSError) as error:
            raise Unreadable(f"{path}: damaged after {max(last, 0):.2f} s ({_why(error)}); copy it again") from error


def keyframes(path: str, header: VideoHeader, start_s: float, end_s: float) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, decoded RGB image) of the key frames in [start_s, end_s); nothing else is decoded."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        base = stream.time_base or Fraction(1, 90_000)
        stream.codec_context.skip_frame = "NONKEY"
        rgb = _Rgb()
        if start_s > 0:
            container.seek(int((header.origin + start_s) / base), stream=stream, backward=True)
        try:
            for frame in container.decode(stream):
                if frame.pts is None:
                    continue
                time = float(frame.pts * base) - header.origin
                if time >= end_s:
                    return
                if time >= start_s:
                    yield time, rgb(frame)
        except (av.FFmpegError, OSError) as error:
            raise Unreadable(f"{path}: damaged ({_why(error)}); copy it again") from error
