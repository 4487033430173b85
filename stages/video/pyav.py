"""The PyAV backend of the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from stages.video import tracks
from stages.video.clock import Clock
from stages.video.deinterlace import Deinterlacer
from stages.video.discontinuities import DiscontinuityError, PacketScan
from stages.video.header import SourceFrame, Unreadable, VideoHeader
from stages.video.packets import packets
from stages.video.presentation import PresentationTimes
from stages.video.timestamps import ends_track, has_timestamps, may_be_discontinuous, seconds
from stages.video.tone import ToneMapper, is_hdr, peak_of

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

# Containers that hold an index of all packets; what the others hold is known after a scan of them.
_INDEXED = ("mov", "avi")

_LOOK_AT = 32
"""Packets at the beginning of a file that tell whether its timestamps are times of display."""

_LOOK_LONGER = 12
"""Frames that tell it where the packets do not."""

_MOST_FPS = 1000.0
_PEAK_FRAMES = 8


def _why(error: Exception) -> str:
    """FFmpeg's words without its error number."""
    return getattr(error, "strerror", None) or str(error)


def open_container(path: str, wanted: str = "video") -> InputContainer:
    """The opened file. Raises Unreadable when it is no container of video or sound, or not to be read; never follows a
    URL inside the file. wanted: what it should be, in words."""
    try:
        # a title in another encoding than UTF-8 is no reason to refuse the video
        container = av.open(path, options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(f"{path}: not a readable {wanted} ({_why(error)}); replace or remove the file") from error
    name = container.format.name
    if any(part in name for part in _NOT_VIDEO):
        container.close()
        raise Unreadable(f"{path}: is {name}, not a {wanted}; replace or remove the file")
    return container


def video_stream(container: InputContainer, path: str) -> VideoStream:
    """The picture (stages/video/tracks.py), set to one thread. Raises Unreadable where there is none."""
    stream = tracks.picture(container)
    if stream is None:
        if tracks.videos(container):
            raise Unreadable(f"{path}: no decoder for its codec; transcode it to H.264")
        raise Unreadable(f"{path}: has no video stream; only videos can be extracted")
    stream.thread_type = "NONE"
    stream.thread_count = 1
    return stream


def read_header(path: str, max_pixels: int = 8192 * 8192) -> VideoHeader:
    """What the container says, what its first frame says and, where it holds no index, what all its packets say.

    Raises Unreadable for what is no video, has no frame, or claims more than `max_pixels` a frame.
    """
    with open_container(path) as container:
        stream = video_stream(container, path)
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > max_pixels:
            raise Unreadable(f"{path}: header claims {width}x{height}; over {max_pixels} pixels a frame")
        try:
            first, stamp, clock = _beginning(container, stream)
        except (av.FFmpegError, OSError) as error:
            raise Unreadable(f"{path}: its first frame cannot be decoded ({_why(error)}); copy it again") from error
        if first is None:
            raise Unreadable(f"{path}: no frame could be decoded; the file may be cut off: copy it again")
        sound = tracks.sound(container, stream)
        fps = _rate(stream, timed=stamp is not None)
        if stamp is None:
            clock = replace(clock, step=1 / fps)
        rotation, mirrored = orientation(_display_matrix(first))
        aspect = float(stream.sample_aspect_ratio or 1) or 1.0
        width, height = round(first.width * aspect), first.height
        if rotation in (90, 270):
            width, height = height, width
        header = VideoHeader(
            container=container.format.name,
            codec=stream.codec_context.name,
            width=width,
            height=height,
            fps=fps,
            duration=0.0,
            rotation=rotation,
            pixel_aspect=aspect,
            audio_codec=sound.codec_context.name if sound else None,
            audio_hz=sound.codec_context.sample_rate or 0 if sound else 0,
            audio_channels=sound.codec_context.channels if sound else 0,
            origin=stamp or 0.0,
            mirrored=mirrored,
            white=peak_of(_codes(path), int(first.color_trc)) if is_hdr(first) else None,
            clock=clock,
            plain=clock == Clock()
            and not (mirrored or first.interlaced_frame or is_hdr(first))
            and len(tracks.videos(container)) == 1,
        )
        if stream.duration and any(name in container.format.name for name in _INDEXED):
            late = max(0.0, header.origin - seconds(stream.start_time or 0, stream))
            return replace(header, duration=seconds(stream.duration, stream) - late)
        promised = 0.0 if stream.duration else (container.duration or 0) / av.time_base
        return _scanned(path, header, promised)


def orientation(matrix: np.ndarray | None) -> tuple[int, bool]:
    """(degrees counter-clockwise, then whether to mirror it left to right) by which a decoded frame comes upright.

    matrix [3, 3]: the display matrix, which takes a pixel (x, y, 1) of the stored picture, as a row, to where it is
    shown; it is rounded to the nearest of the eight ways in which a picture can lie.
    """
    if matrix is None:
        return 0, False
    (a, b), (c, d) = matrix[:2, :2]
    mirrored = bool(a * d - b * c < 0)
    return int(round(np.degrees(np.arctan2(-b, -a if mirrored else a)) / 90) * 90 % 360), mirrored


def _display_matrix(frame: VideoFrame) -> np.ndarray | None:
    """The frame's display matrix [3, 3], or None."""
    data = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    return None if data is None else np.frombuffer(bytes(data), np.int32).reshape(3, 3) / 65536


def _rate(stream: VideoStream, timed: bool) -> float:
    """Frames a second on average; what the stream says of itself where its packets are not timed, or absurdly."""
    average, guessed = float(stream.average_rate or 0), float(stream.guessed_rate or 0)
    if timed:
        return average if 0 < average <= _MOST_FPS or not guessed else guessed
    return guessed or average or 25.0


def _beginning(container: InputContainer, stream: VideoStream) -> tuple[VideoFrame | None, float | None, Clock]:
    """(first frame, second at which it is due, how timestamps are read) of a file just opened.

    AVI knows no times of display; other files may lack them too: then frames, which come in the order of display, have
    times that go back and forth. None for the second where there are no times at all.
    """
    known = iter(container.demux(stream))
    seen: list[Packet] = []
    first: VideoFrame | None = None
    for packet in known:
        if packet.size:
            seen.append(packet)
        first = next(iter(_decoded(packet)), None)
        if first is not None:
            break
    clock = Clock(loose=may_be_discontinuous(container))
    ordered = replace(clock, ordered=True, delay=len(seen))
    if first is None or not has_timestamps(container):
        return first, None, ordered
    start = next((seconds(packet.dts, packet) for packet in seen if packet.dts is not None), None)
    if "avi" in container.format.name:
        return first, start, replace(ordered, grid=seconds(1, stream))
    stamp = first.pts if first.pts is not None else first.dts
    if stamp is None:
        return first, None, ordered
    if stream.codec_context.has_b_frames and not _reordered(seen):
        more = list(islice(known, _LOOK_AT))
        if not _reordered(seen + more):
            frames = islice((frame for packet in more for frame in _decoded(packet)), _LOOK_LONGER)
            times = [stamp, *(frame.pts for frame in frames if frame.pts is not None)]
            if times != sorted(times):
                return first, start, ordered
    return first, seconds(stamp, first), clock


def _decoded(packet: Packet) -> list[VideoFrame]:
    """The frames of a packet of the picture; an empty one has none."""
    return packet.decode() if packet.size or ends_track(packet) else []  # type: ignore[return-value]


def _reordered(seen: list[Packet]) -> bool:
    """Whether packets are shown in another order than that in which they are decoded."""
    gaps = {p.pts - p.dts for p in seen if p.pts is not None and p.dts is not None}
    return len(gaps) > 1


def _codes(path: str) -> list[np.ndarray]:
    """The codes of the first key frames, [H, W, 3] from 0 to 1."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        stream.codec_context.skip_frame = "NONKEY"
        frames = islice(container.decode(stream), _PEAK_FRAMES)
        try:
            return [frame.to_ndarray(format="rgb48le") / 65535 for frame in frames]
        except av.FFmpegError:
            return []


def _scanned(path: str, header: VideoHeader, promised: float) -> VideoHeader:
    """The header with the duration and the clock that the file's packets tell; nothing is decoded.

    promised: seconds that the container says it lasts, or 0. Raises Unreadable where packets end a second before, or
    where picture and sound begin again at different places.
    """
    with open_container(path) as container:
        picture = video_stream(container, path)
        sound = tracks.sound(container, picture)
        scan = PacketScan(picture.index, sound.index if sound else None)
        try:
            for packet in container.demux([picture, sound] if sound else [picture]):
                scan.add(packet)
        except av.FFmpegError as error:
            raise Unreadable(f"{path}: damaged container ({_why(error)}); copy it again") from error
    if header.clock.step is not None:
        return replace(header, duration=scan.frames * header.clock.step)
    try:
        discontinuities = scan.discontinuities()
    except DiscontinuityError as error:
        raise Unreadable(f"{path}: {error}; cut it there, or transcode it so that its clock goes on") from error
    end, end_of_all = scan.ends()
    if not discontinuities and end_of_all < promised - 1.0:
        raise Unreadable(
            f"{path}: the header promises {promised:.2f} s but the file ends at {end_of_all:.2f} s; "
            "it is cut off: copy it again"
        )
    return replace(
        header,
        duration=max(end - header.origin, 1 / header.fps if header.fps else 0.0),
        clock=replace(header.clock, discontinuities=discontinuities),
        plain=header.plain and not discontinuities and not scan.repeats,
    )


class _Rgb:
    """Decoded frames as RGB arrays, colour space and range as tagged; HDR as SDR.

    One conversion context for all frames: `frame.to_ndarray(format="rgb24")` makes one a frame, which takes three to
    eight times as long for the same bits.
    """

    def __init__(self, header: VideoHeader) -> None:
        self._reformatter = VideoReformatter()
        self._tone = None if header.white is None else ToneMapper(header.white)

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        if self._tone is not None and is_hdr(frame):
            return self._tone(frame).to_ndarray()
        return self._reformatter.reformat(frame, format="rgb24", threads=1).to_ndarray()


def decode(path: str, header: VideoHeader, start_s: float) -> Iterator[SourceFrame]:
    """Each source frame in the order of display, from one at or before `start_s` on."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        rgb = _Rgb(header)
        last = float("-inf")
        held: Callable[[], np.ndarray] | None = None
        try:
            for time, length, frame in _frames(container, stream, header, start_s):
                if frame is not None:
                    held = partial(rgb, frame)
                if time - header.origin > last and held is not None:
                    last = time - header.origin
                    yield SourceFrame(last, length, held)
        except (av.FFmpegError, OSError) as error:
            raise Unreadable(f"{path}: damaged after {max(last, 0):.2f} s ({_why(error)}); copy it again") from error


def _start(header: VideoHeader, start_s: float) -> float | None:
    """The second of the file at which a stretch begins; None for its beginning."""
    return header.origin + start_s if start_s > 0 else None


def _frames(
    container: InputContainer, stream: VideoStream, header: VideoHeader, start_s: float
) -> Iterator[tuple[float, float, VideoFrame | None]]:
    """(second of the file, seconds it lasts or 0, frame) in the order of display; None: the frame before once more."""
    due = PresentationTimes(header.clock)
    whole = Deinterlacer[tuple[list[float], float]]()
    for packet in packets(container, stream, header.clock, _start(header, start_s)):
        if not due.feed(packet):
            continue
        done = [made for frame in packet.decode() for made in whole.push(frame, due.frame(frame))]
        if packet.size == 0:
            done += whole.finish()
        for frame, (repeats, time) in done:
            yield from ((again, 0.0, None) for again in repeats)
            yield time, seconds(frame.duration or 0, frame), frame
    yield from ((again, 0.0, None) for again in due.rest())


def keyframes(path: str, header: VideoHeader, start_s: float, end_s: float) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, decoded RGB image) of the key frames in [start_s, end_s); nothing else is decoded."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        stream.codec_context.skip_frame = "NONKEY"
        rgb = _Rgb(header)
        try:
            for packet in packets(container, stream, header.clock, _start(header, start_s)):
                for frame in _decoded(packet):
                    if frame.pts is None:
                        continue
                    time = seconds(frame.pts, frame) - header.origin
                    if time >= end_s:
                        return
                    if time >= start_s:
                        yield time, rgb(frame)
        except (av.FFmpegError, OSError) as error:
            raise Unreadable(f"{path}: damaged ({_why(error)}); copy it again") from error
