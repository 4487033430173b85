"""What one training is asked for, and what it leaves in its folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from models.face.presets import PRESETS, Preset
from pipeline.errors import UsageError
from pipeline.faces.settings import FaceTraining


@dataclass(frozen=True)
class FaceJob:
    """catalog: with table frames. out: the folder; a training that is there is taken up. preset: of models/face.

    log, pictures: steps between two points of the curves, two grids of pictures. keep_s: seconds between two
    checkpoints. seconds: of a call, after which it stops and keeps what it has, None: at the last step. start: the file
    of a face model whose weights a new training begins with. command: as typed, for the recipe. UsageError: the units
    of a step cannot be shared by the workers.
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
    start: str | None = None
    command: str = ""

    def __post_init__(self) -> None:
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
    def lessons(self) -> Path:
        """How far what is trained first is."""
        return Path(self.out) / "lessons.pt"

    @property
    def stop(self) -> Path:
        """There while the training is asked to stop."""
        return Path(self.out) / "stop"

    @property
    def working(self) -> Path:
        """There once the workers have something to keep."""
        return Path(self.out) / "working"

    @property
    def judges(self) -> Path:
        """The frozen networks that were trained here."""
        return Path(self.out) / "judges.pt"

    @property
    def warps(self) -> Path:
        """The warps as they were before the first picture."""
        return Path(self.out) / "warps.pt"

    @property
    def log_file(self) -> Path:
        """What the workers say."""
        return Path(self.out) / "train.log"

    @property
    def model(self) -> Path:
        """The averaged model, as it is at the last checkpoint."""
        return Path(self.out) / "model.safetensors"


def outdated(path: Path) -> UsageError:
    """The error of a training whose file at `path` is not as this version writes it."""
    return UsageError(f"{path} was written by an older version, whose training cannot go on: give another folder")
