"""What is asked of a portrait at which second: gaze, distance, emotion."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from catalogs.tables import EMOTIONS
from models.motion.generation import Controls
from pipeline.errors import UsageError

SECONDS = "seconds"
GAZE = ("gaze_theta", "gaze_phi")
DISTANCE = "distance"
COLUMNS = (*GAZE, DISTANCE, *EMOTIONS)
"""What a file of controls can have beside seconds."""
USUAL: Mapping[str, float] = {GAZE[0]: 0.0, GAZE[1]: 0.0, DISTANCE: 1.0}
"""The paper's defaults; of emotion nothing is asked."""

_LIMITS = {GAZE[0]: (-60.0, 60.0), GAZE[1]: (-60.0, 60.0), DISTANCE: (0.5, 4.0)} | dict.fromkeys(EMOTIONS, (0.0, 1.0))


@dataclass(frozen=True)
class ControlCurves:
    """Values over time, linear between its points and constant before the first and after the last.

    seconds [P]: rising. values: by name of `COLUMNS`, [P] each. Raises UsageError for what cannot be asked.
    """

    seconds: np.ndarray = field(default_factory=lambda: np.zeros(1))
    values: Mapping[str, np.ndarray] = field(
        default_factory=lambda: {name: np.array([value]) for name, value in USUAL.items()}
    )

    def __post_init__(self) -> None:
        for name, values in self.values.items():
            least, most = _LIMITS[name]
            wrong = values[~((values >= least) & (values <= most))]
            if len(wrong):
                raise UsageError(f"{name} {wrong[0]:g}: give a number from {least:g} to {most:g}")
        if (np.diff(self.seconds) <= 0).any() or not np.isfinite(self.seconds).all():
            raise UsageError(f"{SECONDS}: must rise from row to row")

    @classmethod
    def constant(cls, values: Mapping[str, float]) -> ControlCurves:
        """The same at all times; of `COLUMNS` those that are asked, beside the usual ones."""
        return cls(values={name: np.array([float(value)]) for name, value in {**USUAL, **values}.items()})

    def at(self, second: float) -> Controls:
        """What is asked of the network at a second."""
        now = {name: float(np.interp(second, self.seconds, values)) for name, values in self.values.items()}
        emotion = tuple(now.get(name, 0.0) for name in EMOTIONS) if set(now) & set(EMOTIONS) else None
        return Controls((now[GAZE[0]], now[GAZE[1]]), now[DISTANCE], emotion)

    def distances(self, seconds: np.ndarray) -> np.ndarray:
        """How far the head is at each of these seconds, over how far it is in the portrait."""
        return np.interp(seconds, self.seconds, self.values[DISTANCE])


def constants(gaze: str, distance: float, emotions: Sequence[str]) -> dict[str, float]:
    """By names of `COLUMNS` what options say: gaze THETA,PHI, and NAME=W of each emotion. UsageError: they do not."""
    try:
        theta, phi = (float(part) for part in gaze.split(","))
    except ValueError as error:
        raise UsageError(f"--gaze {gaze}: give two angles in degrees, such as --gaze=-15,0") from error
    found = {GAZE[0]: theta, GAZE[1]: phi, DISTANCE: distance}
    for text in emotions:
        name, _, weight = text.partition("=")
        if name not in EMOTIONS:
            raise UsageError(f"--emotion {text}: give NAME=W with a name of {', '.join(EMOTIONS)}")
        try:
            found[name] = float(weight)
        except ValueError as error:
            raise UsageError(f"--emotion {text}: give {name} a number from 0 to 1, such as {name}=0.8") from error
    return found


def read_controls(path: Path, constant: Mapping[str, float]) -> ControlCurves:
    """Curves of a CSV file with a column `seconds` and any of `COLUMNS`; what it does not have is `constant`, or usual.

    UsageError: it is not such a file.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--controls {path}: cannot be read as CSV ({error}); check the path") from error
    unknown = [name for name in header if name not in (SECONDS, *COLUMNS)]
    if SECONDS not in header or unknown or len(set(header)) < len(header) or not rows:
        wrong = f"has a column {unknown[0]!r}" if unknown else "has no rows, no column seconds or one twice"
        raise UsageError(f"--controls {path}: {wrong}; it wants {SECONDS} and any of {', '.join(COLUMNS)}, and rows")
    table = np.array([_numbers(path, line, row, len(header)) for line, row in enumerate(rows, 2)])
    columns = dict(zip(header, table.T, strict=True))
    seconds = columns.pop(SECONDS)
    rest = {name: np.full(len(seconds), float(value)) for name, value in {**USUAL, **constant}.items()}
    try:
        return ControlCurves(seconds, {**rest, **columns})
    except UsageError as error:
        raise UsageError(f"--controls {path}: {error}") from error


def _numbers(path: Path, line: int, row: Sequence[str], count: int) -> list[float]:
    try:
        found = [float(cell) for cell in row]
        if len(found) == count and all(map(math.isfinite, found)):
            return found
    except ValueError:
        pass
    raise UsageError(f"--controls {path}: line {line} is not {count} numbers; give one for each column")
