"""Stage latents: head pose, facial dynamics and identity of the stable crops by a face model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from models.face.camera import compose_pose
from models.face.landmarks import LANDMARK_FEATURES, landmark_features, pose_and_expression
from models.face.presets import PRESETS
from models.runtime.batches import Model
from models.weights.entry import Weights
from models.weights.hashes import digest
from models.weights.origins import Trained
from models.weights.registry import REGISTRY, weights
from stages.batched import BatchedStage
from stages.clip import NOT_SET, Clip, Outcome, Resources
from stages.labels.crops import crop_at

_POSE = 6
_OWN = REGISTRY["face_tiny"]


@dataclass(frozen=True)
class FaceLatents(BatchedStage):
    """Adds face_pose [T, 6] (models/face/rigid.py: pitch, yaw, roll, x, y, size in the clip's camera), dynamics [T, Z]
    and identity [I k k], which is z_id of the frame whose head is turned least of those in which the face was seen.

    preset: of the face model, which says how large its pictures are; the stable crop (track.size) must be as large.
    sha256: of its file, or of the earlier one whose latents it makes to the bit. checkpoint, file_sha256: where that
    file is and its own hash; it may move, or draw otherwise, without being another recipe. `with_checkpoint` sets them
    all; without it they are those of the project's own model.
    """

    preset: str = field(default="tiny", metadata=NOT_SET)
    sha256: str = field(default=_OWN.known_as, metadata=NOT_SET)
    checkpoint: str = field(default=_OWN.file, metadata=NOT_SET, compare=False)
    file_sha256: str = field(default=_OWN.sha256, metadata=NOT_SET, compare=False)

    name: ClassVar[str] = "latents"
    variant: ClassVar[str] = "face"
    after: ClassVar[tuple[str, ...]] = ("identity",)
    version: ClassVar[int] = 3
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.05)
    columns: ClassVar[pa.Schema] = pa.schema([])
    batch: ClassVar[int] = 32

    @property
    def size(self) -> int:
        """Pixels of the pictures that the model is shown."""
        return PRESETS[self.preset].size

    @property
    def weights(self) -> tuple[str | Weights, ...]:  # type: ignore[override]
        """The project's own model, or the checkpoint's entry, which no registry has."""
        if self.sha256 == _OWN.known_as:
            return (_OWN.name,)
        entry = Weights(
            name=f"face_{self.preset}",
            stage=self.name,
            purpose=f"face latents (this project's model, preset {self.preset})",
            licence="its trainer's to say: the file names the clips it was trained on",
            commercial=True,
            origin=Trained(self.checkpoint, self.file_sha256, same_as=self.sha256),
        )
        return (entry,)

    def with_checkpoint(self, path: str | os.PathLike[str]) -> Self:
        """This stage with the face model of a file. Raises WrongWeights."""
        # seconds to import, which processes that only prepare clips can do without
        from models.face.checkpoint import latents_of, read_recipe

        preset, _ = read_recipe(Path(path))
        own = digest(Path(path)).sha256
        return replace(
            self,
            preset=preset,
            sha256=latents_of(Path(path)) or own,
            checkpoint=os.fspath(path),
            file_sha256=own,
        )

    def model(self) -> Model:
        from models.face.latents import FaceEncoders

        return FaceEncoders(weights(self.weights[0]).path())

    def items(self, clip: Clip) -> list[np.ndarray]:
        """Every frame, as models/face/latents.py takes it."""
        track = clip.tracked()
        poses, expressions = pose_and_expression(track.unit_landmarks())
        items = np.zeros(len(poses), self._frame())
        items["pose"] = poses
        items["landmark_features"] = landmark_features(poses, expressions)
        items["who"][frontal(poses, track.present)] = True
        for index in range(len(poses)):
            items["picture"][index] = crop_at(track, index, self.size)
        return [items[index, ...] for index in range(len(items))]

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        until = _POSE + PRESETS[self.preset].dynamics
        motion = np.stack([answer[:until] for answer in answers])
        identity = next(answer[until:] for answer in answers if len(answer) > until)
        pose = compose_pose(motion[:, :_POSE], clip.tracked().cameras)
        return clip.add_arrays(face_pose=pose, dynamics=motion[:, _POSE:], identity=identity)

    def _frame(self) -> np.dtype:
        picture = ("picture", np.uint8, (self.size, self.size, 3))
        return np.dtype(
            [picture, ("pose", np.float32, _POSE), ("landmark_features", np.float32, LANDMARK_FEATURES), ("who", "?")]
        )


def frontal(pose: np.ndarray, seen: np.ndarray) -> int:
    """Of poses [T, 6] the one whose pitch and yaw are least, where seen [T]; of all if it was seen nowhere."""
    turned = np.hypot(pose[:, 0], pose[:, 1])
    return int(np.argmin(np.where(seen, turned, np.inf) if seen.any() else turned))
