"""Clips for the stages' tests: of files, of sample footage, and made up around the canonical face."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from models.landmarks.canonical_face import canonical_face, mirror_index
from models.landmarks.head_pose import rotation_of
from stages.clip import Clip, Outcome, Reject, Track
from stages.video.header import VideoHeader
from stages.video.pyav import read_header
from stages.video.reader import Decoder, Frame, Frames, read
from stages.video.sound import read_sound

TrackOf = Callable[[str], Outcome]
"""What the stage track makes of a sample clip of that name."""

QUICK = {"preset": "ultrafast", "crf": "20"}


def clip_of(path: Path, start_s: float = 0.0, end_s: float | None = None, decoder: Decoder = "pyav") -> Clip:
    """The clip of a file's stretch, as the pipeline opens it."""
    name = str(path)
    header = read_header(name)
    end = header.duration if end_s is None else end_s
    frames = read(name, header, start_s, end, decoder)
    return Clip(name, header, start_s, end, frames, sound=read_sound(name, header, start_s, end))


def header(width: int = 640, height: int = 360, seconds: float = 4.0, audio_hz: int = 16_000) -> VideoHeader:
    """What a plain file's header says."""
    audio = ("aac", audio_hz, 1) if audio_hz else (None, 0, 0)
    return VideoHeader("mp4", "h264", width, height, 25.0, seconds, 0, 1.0, *audio, 0.0)


def plain(seconds: float = 4.0, **changes: object) -> Clip:
    """A clip without a file, without frames."""
    return replace(Clip("a.mp4", header(seconds=seconds), 0.0, seconds, Frames(iter(()))), **changes)


def shown(images: list[np.ndarray], **changes: object) -> Clip:
    """A clip of the frames `images` at 25 fps, without a file or sound."""
    height, width = images[0].shape[:2]
    frames = Frames(Frame(i, i / 25, image, False) for i, image in enumerate(images))
    seconds = len(images) / 25
    made = Clip("made.mp4", header(width, height, seconds, 0), 0.0, seconds, frames)
    return replace(made, **changes)


def accepted(outcome: Outcome) -> Clip:
    """The clip of an outcome that is no rejection."""
    assert not isinstance(outcome, Reject), f"{outcome.reason}: {outcome.detail}"
    return outcome


def rejected(outcome: Outcome) -> Reject:
    """An outcome that is a rejection."""
    assert isinstance(outcome, Reject), "accepted"
    return outcome


def filled_up(
    image: np.ndarray, width: int, height: int, blur: float, dark: float = 1.0, zoom: float = 1.0
) -> np.ndarray:
    """A frame with `image` in its middle, as large as fits, before a copy of it that fills the frame.

    blur: of the copy, sigma in pixels. dark: what its grey values are multiplied by. zoom: how much larger it is.
    """
    rows, columns = image.shape[:2]
    fit, fill = min(width / columns, height / rows), max(width / columns, height / rows) * zoom
    matrix = np.array([[fill, 0, (width - fill * columns) / 2], [0, fill, (height - fill * rows) / 2]])
    copy = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    out = (cv2.GaussianBlur(copy, (0, 0), blur) * dark).astype(np.uint8)
    inner = cv2.resize(image, (round(columns * fit) // 2 * 2, round(rows * fit) // 2 * 2), interpolation=cv2.INTER_AREA)
    top, left = (height - inner.shape[0]) // 4 * 2, (width - inner.shape[1]) // 4 * 2
    out[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return out


def numbered(count: int) -> Iterator[np.ndarray]:
    """Pictures [64, 64, 3] that show their own number as eight bits, black or white."""
    for number in range(count):
        image = np.full((64, 64, 3), 128, np.uint8)
        for bit in range(8):
            y, x = 16 * (bit // 4) + 16, 16 * (bit % 4)
            image[y : y + 16, x : x + 16] = 235 if number >> bit & 1 else 16
        yield image


def number(image: np.ndarray) -> int:
    """What `numbered` wrote into a picture."""
    cells = image[16:48, :, 1].reshape(2, 16, 4, 16)[:, 4:12, :, 4:12].mean((1, 3)).ravel()
    return sum(1 << bit for bit in range(8) if cells[bit] > 128)


def turned_clip(
    turns: np.ndarray,
    scale: float = 12.0,
    middle: tuple[float, float] = (320, 180),
    frame_size: tuple[int, int] = (360, 640),
) -> Clip:
    """A clip [T] whose landmarks are the canonical face turned by `turns` [T, 3]; its crops are grey."""
    count = len(turns)
    points = scale * np.einsum("tij,nj->tni", rotation_of(turns), canonical_face()) + [*middle, 0]
    zoom = 256 / (1.9 * 18 * scale)
    matrix = np.array([[zoom, 0, 127.5 - zoom * middle[0]], [0, zoom, 127.5 - zoom * middle[1]]])
    track = Track(
        times=np.arange(count) / 25,
        landmarks=points,
        present=np.ones(count, bool),
        crops=np.full((count, 256, 256, 3), 120, np.uint8),
        crop_matrix=np.repeat(matrix[None], count, 0),
        frame_size=frame_size,
        patches=(),
    )
    return plain(count / 25, track=track)


def mirrored(clip: Clip) -> Clip:
    """The tracked clip as it would be of mirrored video: crops, landmarks and matrices turned around."""
    track = clip.tracked()
    crops = np.stack(track.crops)
    width, size = track.frame_size[1], crops.shape[1]
    landmarks = (track.landmarks * [-1, 1, 1] + [width - 1, 0, 0])[:, mirror_index()]
    flip = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], float)
    crop_flip = np.array([[-1, 0, size - 1], [0, 1, 0]], float)
    whole = np.concatenate([track.crop_matrix, np.broadcast_to([[[0, 0, 1.0]]], (len(landmarks), 1, 3))], 1)
    turned = replace(
        track,
        landmarks=landmarks,
        crops=np.ascontiguousarray(crops[:, :, ::-1]),
        crop_matrix=crop_flip @ whole @ flip,
    )
    return replace(clip, track=turned, columns={}, arrays={})


def first_frames(clip: Clip, count: int) -> Clip:
    """The first `count` frames of a tracked clip."""
    track = clip.tracked()
    part = replace(
        track,
        times=track.times[:count],
        landmarks=track.landmarks[:count],
        present=track.present[:count],
        crops=track.crops[:count],
        crop_matrix=track.crop_matrix[:count],
    )
    return replace(clip, track=part, end_s=clip.start_s + count / 25)


def write_late_sound(
    path: Path, images: Iterator[np.ndarray], blocks: Sequence[tuple[float, np.ndarray]], rate: int
) -> None:
    """A Matroska file of pictures [64, 64, 3] at 25 fps whose sound is `blocks` (second, PCM float32 [S]) alone."""
    with av.open(str(path), "w", format="matroska") as output:
        video = output.add_stream("libx264", rate=25, options=QUICK)
        video.height, video.width, video.pix_fmt = 64, 64, "yuv420p"
        audio = output.add_stream("pcm_f32le", rate=rate, layout="mono")
        for index, image in enumerate(images):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
        for second, sound in blocks:
            for at in range(0, len(sound), 1024):
                piece = np.ascontiguousarray(sound[None, at : at + 1024])
                block = av.AudioFrame.from_ndarray(piece, format="flt", layout="mono")
                block.sample_rate, block.pts, block.time_base = rate, at + round(second * rate), Fraction(1, rate)
                output.mux(audio.encode(block))
        output.mux(audio.encode(None))


def remux(source: Path, target: Path, **options: str) -> None:
    """The same streams in another container, or with other options of it."""
    with av.open(str(source)) as read_from, av.open(str(target), "w", options=options) as output:
        streams = {stream.index: output.add_stream_from_template(stream) for stream in read_from.streams}
        for packet in read_from.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
