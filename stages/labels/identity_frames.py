"""Which frames of a clip to look at to tell who is in it, and whether that is one person."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from models.landmarks.head_pose import angles, procrustes
from stages.clip import FPS, Clip, Reject, Track
from stages.labels.aligned import face_square

_SMALL = 32
_LOOKS_BESIDE = 5
_OFF = 2


def frontal_frames(track: Track, looks: int, among: Sequence[int] | None = None) -> list[int]:
    """The most frontal frame in each of `looks` equal parts of the frames `among`: those that show the face."""
    turned = np.hypot(*angles(procrustes(track.landmarks)[0])[:, :2].T)
    shown = np.flatnonzero(track.present) if among is None else np.asarray(among, int)
    return [int(part[np.argmin(turned[part])]) for part in np.array_split(shown, looks) if len(part)]


def stretches(frames: Sequence[int]) -> list[tuple[int, int]]:
    """Which two of `frames` to compare: each with the next, and the first with the last."""
    pairs = list(zip(frames, frames[1:], strict=False))
    return [*pairs, (frames[0], frames[-1])] if len(frames) > 2 else pairs


def largest_jump(track: Track, frames: Sequence[int]) -> tuple[int, float]:
    """(position in `frames`, change) where the face, upright and shrunk to 32 x 32, changes most; mean grey values.

    `frames` are those that show the face: what covers it for a moment is no other person.
    """
    faces = [cv2.cvtColor(face_square(track, i, 1.0, _SMALL), cv2.COLOR_RGB2GRAY) for i in frames]
    if len(faces) < 2:
        return 0, 0.0
    change = np.array([cv2.norm(a, b, cv2.NORM_L1) for a, b in zip(faces, faces[1:], strict=False)]) / _SMALL**2
    return int(change.argmax()) + 1, float(change.max())


def beside_jump(track: Track, jump: float, looks: int = _LOOKS_BESIDE) -> tuple[list[int], list[int], int] | None:
    """(frames before, frames after, frame itself) of the face's largest jump, None if it changes by less than `jump`.

    `looks` frontal frames of all that lies on each side: two single frames at the jump show the grimace that made it,
    and one person's grimaces are as far apart as two people who look alike. They keep a little off the jump, so that
    a dissolve does not show both faces in one.
    """
    shown = [int(i) for i in np.flatnonzero(track.present)]
    at, change = largest_jump(track, shown)
    if change < jump:
        return None
    before = frontal_frames(track, looks, shown[: max(1, at - _OFF)])
    after = frontal_frames(track, looks, shown[min(len(shown) - 1, at + _OFF) :])
    return before, after, shown[at]


def another_person(clip: Clip, frame: int) -> Reject:
    """The verdict on a clip whose face is someone else's from about `frame` on."""
    at = clip.start_s + frame / FPS
    return Reject("face_lost", f"the face is replaced by another person's at about {at:.2f} s", clip)
