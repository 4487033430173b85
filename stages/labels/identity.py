"""Stage identity: a vector per clip that tells people apart, for subject_id where the manifest gives none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.recognition.face_recognition import FaceRecognition
from stages.clip import Clip, Outcome, Resources, Runner
from stages.labels.identity_frames import another_person, beside_jump, frontal_frames, stretches


@dataclass(frozen=True)
class Identity:
    """Adds `face_vector` [128]: the mean over `looks` stretches of the clip of each one's most frontal frame.

    It also sees a face that is replaced without a visible scene change. replaced: Euclidean distance between two
    stretches from which they show two people; one person reaches .61 at most. jump: change of the aligned face from
    one frame to the next (mean grey values) from which the clip before it and after it are compared too, by the means
    of five looks at each; swapped: their distance that means another person; one person reaches .39. Few clips have
    such a jump, so the extra looks are rare. same_person: distance up to which two clips are put down to one person
    when subject_id is given (pipeline/people/naming.py).
    """

    looks: int = 3
    replaced: float = 0.65
    jump: float = 19.0
    swapped: float = 0.45
    same_person: float = 0.5

    name: ClassVar[str] = "identity"
    variant: ClassVar[str] = "dlib"
    after: ClassVar[tuple[str, ...]] = ("audio",)
    profile: ClassVar[str] = "open"
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

        def mean(indices: Sequence[int]) -> np.ndarray:
            return np.mean([look(i) for i in indices], axis=0)

        def look(index: int) -> np.ndarray:
            if index not in seen:
                seen[index] = model(track.crops[index], track.crop_landmarks(index))
            return seen[index]

        seen: dict[int, np.ndarray] = {}
        frames = frontal_frames(track, self.looks)
        clip = clip.add(face_vector=mean(frames).tolist())
        pairs = [(apart(a, b), b) for a, b in stretches(frames)]
        if pairs and max(pairs)[0] > self.replaced:
            return another_person(clip, max(pairs)[1])
        beside = beside_jump(track, self.jump)
        if beside is not None:
            before, after, at = beside
            if np.linalg.norm(mean(before) - mean(after)) > self.swapped:
                return another_person(clip, at)
        return clip
