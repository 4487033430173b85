"""Stage identity: a vector per clip that tells people apart, for subject_id where the manifest gives none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.face_recognition import FaceRecognition
from models.head_pose import angles, procrustes
from stages.clip import Clip, Outcome, Reject, Resources, Runner


@dataclass(frozen=True)
class Identity:
    """Adds `face_vector` [128]: the mean over `looks` stretches of the clip of each one's most frontal frame.

    replaced: Euclidean distance between two stretches from which the clip shows two people (a face replaced without
    a visible scene change), which rejects it; one person stays under .5, two people are mostly above .6.
    """

    looks: int = 3
    replaced: float = 0.75

    name: ClassVar[str] = "identity"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("dlib_face_recognition", "canonical_face")
    columns: ClassVar[pa.Schema] = pa.schema([("face_vector", pa.list_(pa.float32()))])

    def open(self) -> Runner:
        model = FaceRecognition()

        def run(clip: Clip) -> Outcome:
            track = clip.tracked()
            turned = np.hypot(*angles(procrustes(track.landmarks)[0])[:, :2].T)
            turned[~track.present] = np.inf
            parts = np.array_split(np.arange(len(turned)), self.looks)
            frames = [int(part[np.argmin(turned[part])]) for part in parts if len(part)]
            vectors = np.stack([model(track.crops[i], track.crop_landmarks(i)) for i in frames])
            clip = clip.add(face_vector=vectors.mean(0).tolist())
            apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
            if apart.max() > self.replaced:
                a, b = sorted(np.unravel_index(int(apart.argmax()), apart.shape))
                at = clip.start_s + frames[b] / 25
                detail = f"another face at {at:.2f} s than at {clip.start_s + frames[a] / 25:.2f} s"
                return Reject("face_lost", detail, clip)
            return clip

        return run
