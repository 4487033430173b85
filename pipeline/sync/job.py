"""What one sync training is asked for, and what it leaves in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.sync.settings import SyncTraining


@dataclass(frozen=True)
class SyncJob:
    """catalog: of talking people. out: the folder; a training that is there is taken up. log, look: steps between two
    points of the curves, two looks at the people kept out for choices. keep_s: seconds between two checkpoints.
    seconds: of a call, after which it stops and keeps what it has, None: at the last step. command: as typed."""

    catalog: str
    out: str
    training: SyncTraining = field(default_factory=SyncTraining)
    workers: int = 1
    log: int = 50
    look: int = 250
    keep_s: float = 60.0
    seconds: float | None = None
    command: str = ""

    @property
    def model(self) -> Path:
        """The network, as it is at the last checkpoint."""
        return Path(self.out) / "model.safetensors"

    @property
    def scores(self) -> Path:
        """What it reaches on people kept out, at its last step."""
        return Path(self.out) / "scores.json"

    def as_values(self) -> dict[str, Any]:
        """JSON-ready, for `of_values`."""
        return asdict(self)

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> SyncJob:
        """The job again, from its values, also when they were JSON."""
        training = {**values["training"]}
        for name in ("held_out_subjects", "skip"):
            training[name] = tuple(training[name])
        return cls(**{**values, "training": SyncTraining(**training)})
