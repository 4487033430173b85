"""What a training leaves for people: a line of losses every few steps, and the same in TensorBoard with pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from tensorboardX import SummaryWriter

from catalogs import storage

CURVE = "curve.jsonl"


class Curves:
    """Writes to a folder: curve.jsonl, TensorBoard's files, pictures. What is later than `step` is forgotten first.

    Lines are added to curve.jsonl and to TensorBoard's files, which no verb of catalogs/storage does: the
    folder is one of this machine.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._folder, self._file = folder, folder / CURVE
        kept = [point for point in read_curve(folder) if point["step"] <= step]
        with storage.put_alone(self._file) as draft:
            draft.write_text("".join(json.dumps(point) + "\n" for point in kept))
        self._board = SummaryWriter(str(folder), purge_step=step + 1)

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """The values at a step, by name."""
        with self._file.open("a") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """A picture uint8 RGB [H, W, 3], as a PNG file too."""
        with storage.put_alone(self._folder / f"{name}-{step:06d}.png") as draft:
            draft.write_bytes(cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())
        self._board.add_image(name, picture, step, dataformats="HWC")

    def close(self) -> None:
        """Write what is not written yet."""
        self._board.close()


def read_curve(folder: Path) -> list[dict[str, float]]:
    """The points of curve.jsonl, in the order of steps; none where there is no such file."""
    path = folder / CURVE
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
