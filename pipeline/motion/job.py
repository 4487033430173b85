"""What one training of the motion generator is asked for, and what it leaves in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.motion.presets import PRESETS, MotionPreset
from pipeline.errors import UsageError
from pipeline.motion.settings import Dropped, MotionTraining, MotionWeights


@dataclass(frozen=True)
class MotionJob:
    """catalog: with motion latents and features of sound. out: the folder; a training that is there is taken up. where:
    SQL over table clips that says which, empty: all.

    log, look: steps between two points of the curves, two looks at people kept out for choices. keep_s: seconds between
    two checkpoints. seconds: of a call, after which it stops and keeps what it has, None: at the last step. command: as
    typed, for the recipe. UsageError: the windows of a step cannot be shared by the workers.
    """

    catalog: str
    out: str
    where: str = ""
    training: MotionTraining = field(default_factory=MotionTraining)
    workers: int = 1
    log: int = 50
    look: int = 500
    keep_s: float = 180.0
    seconds: float | None = None
    command: str = ""

    def __post_init__(self) -> None:
        if self.training.batch % self.workers:
            raise UsageError(
                f"{self.training.batch} windows a step cannot be shared by {self.workers} workers: make --batch a "
                f"multiple of {self.workers}"
            )

    @property
    def sizes(self) -> MotionPreset:
        """The preset."""
        return PRESETS[self.training.preset]

    @property
    def state(self) -> Path:
        """All that a resumed training needs."""
        return Path(self.out) / "state.pt"

    @property
    def model(self) -> Path:
        """The averaged model, as it is at the last checkpoint."""
        return Path(self.out) / "model.safetensors"

    def as_values(self) -> dict[str, Any]:
        """JSON-ready, for `of_values`."""
        return asdict(self)

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> MotionJob:
        """The job again, from its values, also when they were JSON."""
        training = {**values["training"]}
        for name in ("held_out_subjects", "skip"):
            training[name] = tuple(training[name])
        training["dropped"] = Dropped(**training["dropped"])
        training["weights"] = MotionWeights(**training["weights"])
        return cls(**{**values, "training": MotionTraining(**training)})
