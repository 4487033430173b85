"""Stage identity by ArcFace: a vector per clip that tells people apart, as in the losses and metrics of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.recognition.arcface import DIFFERENT, SAME, ArcFace, aligned
from models.weights.registry import weights
from stages.batched import BatchedStage
from stages.clip import Clip, Outcome, Resources
from stages.labels.identity_frames import another_person, beside_jump, frontal_frames, stretches


@dataclass(frozen=True)
class ArcFaceIdentity(BatchedStage):
    """Adds `face_vector` [512], of length 1: the mean of `looks` faces, the most frontal one of each stretch of a clip.

    It also sees a face that is replaced without a visible scene change, as stages/labels/identity.py does. replaced:
    cosine of two stretches under which they show two people; insightface's demo says so under .2. jump: change of the
    aligned face from one frame to the next (mean grey values) from which the clip before it and after it are compared
    too, by the means of five looks at each; swapped: their cosine that means two people; the demo calls .28 and more
    one person, and a mean of five hangs less on how a head is turned. same_person: Euclidean distance up to which two
    clips are put down to one person when subject_id is given (pipeline/people/naming.py); 1.1 is a cosine of .4, from
    which the package speaks of one person. These cosines are theirs; without the weights none could be tuned here.
    """

    looks: int = 3
    replaced: float = DIFFERENT
    jump: float = 19.0
    swapped: float = SAME
    same_person: float = 1.1

    name: ClassVar[str] = "identity"
    variant: ClassVar[str] = "arcface"
    profile: ClassVar[str] = "paper"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.05)
    weights: ClassVar[tuple[str, ...]] = ("arcface", "canonical_face")
    columns: ClassVar[pa.Schema] = pa.schema([("face_vector", pa.list_(pa.float32()))])
    batch: ClassVar[int] = 32

    def model(self) -> ArcFace:
        return ArcFace(weights(self.weights[0]).path())

    def items(self, clip: Clip) -> list[np.ndarray]:
        track = clip.tracked()
        beside = beside_jump(track, self.jump)
        before, after = ([], []) if beside is None else beside[:2]
        frames = frontal_frames(track, self.looks) + before + after
        return [aligned(track.crops[i], track.crop_landmarks(i)) for i in frames]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        track = clip.tracked()
        frames = frontal_frames(track, self.looks)
        seen = dict(zip(frames, answers, strict=False))
        clip = clip.add(face_vector=_direction(answers[: len(frames)]).tolist())
        pairs = [(float(seen[a] @ seen[b]), b) for a, b in stretches(frames)]
        if pairs and min(pairs)[0] < self.replaced:
            return another_person(clip, min(pairs)[1])
        beside = beside_jump(track, self.jump) if len(answers) > len(frames) else None
        if beside is not None:
            before, after, at = beside
            sides = answers[len(frames) : len(frames) + len(before)], answers[-len(after) :]
            if float(_direction(sides[0]) @ _direction(sides[1])) < self.swapped:
                return another_person(clip, at)
        return clip


def _direction(vectors: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of vectors [512], of length 1."""
    mean = np.mean(vectors, axis=0)
    return mean / np.linalg.norm(mean)
