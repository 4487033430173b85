"""Stage identity: a vector per clip that tells people apart, for subject_id where the manifest gives none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import pyarrow as pa

from models.face_recognition import FaceRecognition
from models.head_pose import angles, procrustes
from stages.aligned import face_square
from stages.clip import FPS, Clip, Outcome, Reject, Resources, Runner, Track

_SMALL = 32
_BESIDE = 3


@dataclass(frozen=True)
class Identity:
    """Adds `face_vector` [128]: the mean over `looks` stretches of the clip of each one's most frontal frame.

    It also sees a face that is replaced without a visible scene change. replaced: Euclidean distance between two
    stretches from which they show two people; one person reaches .61 at most. jump: change of the aligned face from
    one frame to the next (mean grey values) from which the frames before and after it are compared too; swapped:
    their distance that means another person. Few clips have such a jump, so the extra looks are rare.
    """

    looks: int = 3
    replaced: float = 0.65
    jump: float = 19.0
    swapped: float = 0.52

    name: ClassVar[str] = "identity"
    version: ClassVar[int] = 2
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("dlib_face_recognition", "canonical_face")
    columns: ClassVar[pa.Schema] = pa.schema([("face_vector", pa.list_(pa.float32()))])

    def open(self) -> Runner:
        model = FaceRecognition()
        return lambda clip: self._run(clip, model)

    def _run(self, clip: Clip, model: FaceRecognition) -> Outcome:
        track = clip.tracked()

        def apart(a: int, b: int) -> float:
            return float(np.linalg.norm(look(a) - look(b)))

        def look(index: int) -> np.ndarray:
            if index not in seen:
                seen[index] = model(track.crops[index], track.crop_landmarks(index))
            return seen[index]

        seen: dict[int, np.ndarray] = {}
        frames = frontal_frames(track, self.looks)
        clip = clip.add(face_vector=np.mean([look(i) for i in frames], axis=0).tolist())
        pairs = [(apart(a, b), b) for a, b in zip(frames, frames[1:], strict=False)]
        pairs += [(apart(frames[0], frames[-1]), frames[-1])] if len(frames) > 2 else []
        if pairs and max(pairs)[0] > self.replaced:
            return _another(clip, max(pairs)[1])
        shown = [int(i) for i in np.flatnonzero(track.present)]
        at, change = largest_jump(track, shown)
        if change >= self.jump:
            before, after = shown[max(0, at - _BESIDE)], shown[min(len(shown) - 1, at + _BESIDE - 1)]
            if apart(before, after) > self.swapped:
                return _another(clip, shown[at])
        return clip


def frontal_frames(track: Track, looks: int) -> list[int]:
    """The most frontal frame in each of `looks` equal parts of the frames that show the face."""
    turned = np.hypot(*angles(procrustes(track.landmarks)[0])[:, :2].T)
    parts = np.array_split(np.flatnonzero(track.present), looks)
    return [int(part[np.argmin(turned[part])]) for part in parts if len(part)]


def largest_jump(track: Track, frames: Sequence[int]) -> tuple[int, float]:
    """(position in `frames`, change) where the face, upright and shrunk to 32 x 32, changes most; mean grey values.

    `frames` are those that show the face: what covers it for a moment is no other person.
    """
    faces = [cv2.cvtColor(face_square(track, i, 1.0, _SMALL), cv2.COLOR_RGB2GRAY) for i in frames]
    if len(faces) < 2:
        return 0, 0.0
    change = np.array([cv2.norm(a, b, cv2.NORM_L1) for a, b in zip(faces, faces[1:], strict=False)]) / _SMALL**2
    return int(change.argmax()) + 1, float(change.max())


def _another(clip: Clip, frame: int) -> Reject:
    at = clip.start_s + frame / FPS
    return Reject("face_lost", f"the face is replaced by another person's at about {at:.2f} s", clip)
