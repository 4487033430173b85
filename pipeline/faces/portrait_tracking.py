"""The face of a portrait and the face of a driving video, found and cut as extraction does it.

Crops are cut at the model's own size, not at the 256 pixels of extraction, from which they differ by noise (44 dB). A
minute of video then takes 55 MB at 96 pixels (its crops 41, its landmarks 8), and 90 while it is tracked; at 256 pixels
310. Nothing else grows with the video's length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.picture import read_picture
from pipeline.faces.scene import Square
from stages.clip import FPS, Clip, Reject, Track
from stages.tracking.track import FaceTrack
from stages.video.encode import aac_rate
from stages.video.header import Unreadable, VideoHeader
from stages.video.pyav import read_header
from stages.video.reader import Frame, Frames, frame_count, read
from stages.video.sound import read_sound

OnProgress = Callable[[str], None]

_LOOKS = 8
"""Times the mesh looks at a portrait, each where the last look saw the face; landmarks settle as they do in video."""
_IN_PICTURE = {
    "no_face": "no human face in it; give a picture of one person who looks about into the camera",
    "several_faces": "several faces in it; cut the picture to one of them",
    "face_too_small": "give a larger picture of the same person",
}
_IN_VIDEO = {
    "no_face": "give a video of one person who looks about into the camera",
    "several_faces": "cut the video to one of them",
    "face_lost": "cut the video to where the face is seen",
    "face_too_small": "give a video in which the face is larger",
}


@dataclass(frozen=True)
class Driver:
    """The first shot of a driving video, tracked. sound: float32 mono at `sound_hz`, as long as the frames, or None.

    left_out_s: seconds after a scene change that are not used.
    """

    track: Track
    sound: np.ndarray | None
    sound_hz: int
    left_out_s: float

    @property
    def frames(self) -> int:
        """At 25 fps."""
        return len(self.track.crops)


@dataclass(frozen=True)
class Source:
    """A portrait's face: its view, the whole picture, uint8 RGB [H, W, 3], and the square in it that the view shows."""

    view: FaceCrop
    picture: np.ndarray
    square: Square


def source_view(path: str, size: int) -> FaceCrop:
    """The face of a portrait alone: `source_of`."""
    return source_of(path, size).view


def source_of(path: str, size: int) -> Source:
    """The face of a portrait, its crop `size` pixels wide and high. UsageError says why there is none.

    The portrait is tracked like a still video, so the rules are the tracker's: the mesh must confirm what the detector
    doubts, a second face counts from a third of the first one's width.
    """
    image = read_picture(path)
    height, width = image.shape[:2]
    header = VideoHeader("picture", "picture", width, height, FPS, _LOOKS / FPS, 0, 1.0, None, 0, 0, 0.0)
    frames = Frames(Frame(i, i / FPS, image, False) for i in range(_LOOKS))
    found = FaceTrack(size=size).open()(Clip(path, header, 0.0, _LOOKS / FPS, frames))
    if isinstance(found, Reject):
        cause = f"{found.detail}; " if found.reason == "face_too_small" else ""
        raise UsageError(f"{path}: {cause}{_IN_PICTURE.get(found.reason, _IN_PICTURE['no_face'])}")
    track = found.tracked()
    matrix = track.crop_matrix[-1]
    scale = float(matrix[0, 0])
    left, top = (0, 0) if found.inset is None else (found.inset.left, found.inset.top)
    x, y = (0.5 - (float(shift) + 0.5) / scale for shift in matrix[:, 2])
    return Source(views(track, _LOOKS - 1, _LOOKS)[0], image, Square(x + left, y + top, size / scale))


def driver_of_video(path: str, size: int, on_progress: OnProgress) -> Driver:
    """The first shot of a video, its crops `size` pixels wide and high. UsageError says why it cannot drive."""
    try:
        if not os.path.exists(path):
            raise UsageError(f"{path}: no such file; check the path")
        header = read_header(path)
        end = header.duration
        frames = Frames(_reported(read(path, header, 0.0, end), frame_count(end), on_progress))
        found = FaceTrack(size=size).open()(Clip(path, header, 0.0, end, frames))
    except Unreadable as error:
        raise UsageError(str(error)) from error
    if isinstance(found, Reject):
        shot = "" if found.clip.rest is None else f"in the first shot, which ends at {found.clip.end_s:.2f} s: "
        raise UsageError(f"{path}: {shot}{found.detail}; {_IN_VIDEO.get(found.reason, _IN_VIDEO['no_face'])}")
    track = found.tracked()
    left_out = 0.0 if found.rest is None else end - found.end_s
    sound_hz = aac_rate(header.audio_hz)
    return Driver(track, read_sound(path, header, 0.0, len(track.crops) / FPS, sound_hz), sound_hz, left_out)


def views(track: Track, first: int, last: int) -> list[FaceCrop]:
    """Frames [first, last) of a track."""
    part = slice(first, last)
    cut = replace(track, landmarks=track.landmarks[part], crops=track.crops[part], crop_matrix=track.crop_matrix[part])
    landmarks = cut.unit_landmarks().astype(np.float32)
    return [FaceCrop(*each) for each in zip(cut.crops, landmarks, track.cameras[part], strict=True)]


def _reported(frames: Frames, count: int, on_progress: OnProgress) -> Iterator[Frame]:
    for frame in frames:
        on_progress(f"driver: frame {frame.index + 1} of {count}")
        yield frame
