"""What one training is asked for, and what it leaves in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.face.presets import PRESETS, Preset
from pipeline.errors import UsageError
from pipeline.faces.settings import FaceTraining, LossWeights


@dataclass(frozen=True)
class FaceJob:
    """catalog: with table frames. out: the folder; a training that is there is taken up. preset: of models/face.

    log, pictures: steps between two points of the curves, two grids of pictures. keep_s: seconds between two
    checkpoints. seconds: of a call, after which it stops and keeps what it has, None: at the last step. init_from: the
    file of a face model whose weights a new training begins with. command: as typed, for the recipe. UsageError: the
    units of a step cannot be shared by the workers.
    """

    catalog: str
    out: str
    training: FaceTraining = field(default_factory=FaceTraining)
    preset: str = "tiny"
    workers: int = 1
    log: int = 50
    pictures: int = 500
    keep_s: float = 180.0
    seconds: float | None = None
    init_from: str | None = None
    command: str = ""

    def __post_init__(self) -> None:
        if self.training.learns == "drawing" and self.init_from is None:
            raise UsageError("--learns drawing leaves a model's encoders as they are: name its file with --start")
        parts = self.workers * self.training.accumulate
        if self.training.units % parts:
            raise UsageError(
                f"{self.training.units} units a step cannot be shared by {self.workers} workers in "
                f"{self.training.accumulate} parts each: make --units a multiple of {parts}"
            )

    @property
    def sizes(self) -> Preset:
        """The preset."""
        return PRESETS[self.preset]

    @property
    def state(self) -> Path:
        """All that a resumed training needs."""
        return Path(self.out) / "state.pt"

    @property
    def pinned(self) -> Path:
        """What it trains on, as it was when it began."""
        return Path(self.out) / "pinned.pt"

    @property
    def readings(self) -> Path:
        """What the clips' landmarks say, as far as they were read; until the expression space is found."""
        return Path(self.out) / "readings"

    @property
    def init_recipe(self) -> Path:
        """The recipe of the model that the training began with; there where it began with one."""
        return Path(self.out) / "init_recipe.json"

    @property
    def loss_networks(self) -> Path:
        """The frozen networks that were trained here."""
        return Path(self.out) / "loss_networks.pt"

    @property
    def warps(self) -> Path:
        """The warps as they were before the first picture."""
        return Path(self.out) / "warps.pt"

    @property
    def model(self) -> Path:
        """The averaged model, as it is at the last checkpoint."""
        return Path(self.out) / "model.safetensors"

    def as_values(self) -> dict[str, Any]:
        """JSON-ready, for `of_values`."""
        return asdict(self)

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> FaceJob:
        """The job again, from its values, also when they were JSON."""
        training = {**values["training"]}
        for name in ("held_out_subjects", "skip"):
            training[name] = tuple(training[name])
        weights = LossWeights(**training.pop("weights"))
        return cls(**{**values, "training": FaceTraining(**training, weights=weights)})
