"""Figure 3 of VASA-1: one portrait and one sound under several gazes, distances and emotions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.faces.tiles import LEAST, Tile, board, shown
from pipeline.generation.controls import DISTANCE, GAZE, ControlCurves
from pipeline.generation.session import Session

ROWS: Sequence[Mapping[str, Mapping[str, float]]] = (
    {
        "gaze ahead": {},
        "gaze left": {GAZE[0]: 15.0},
        "gaze right": {GAZE[0]: -15.0},
        "gaze up": {GAZE[1]: 10.0},
    },
    {
        "distance 0.8": {DISTANCE: 0.8},
        "distance 1": {DISTANCE: 1.0},
        "distance 1.25": {DISTANCE: 1.25},
        "distance 1.5": {DISTANCE: 1.5},
    },
    {
        "neutral": {"neutral": 1.0},
        "happiness": {"happiness": 1.0},
        "anger": {"anger": 1.0},
        "surprise": {"surprise": 1.0},
    },
)
"""Rows of tiles, by their labels, and what is asked in each beside what is usual."""


class Grid:
    """session: what it asks by itself is left out. frames: of the sound; the still is the one in the middle."""

    def __init__(self, session: Session, frames: int) -> None:
        self._session, self._chosen = session, frames // 2
        self._side = max(LEAST, session.portrait.scene.side)
        self._still: np.ndarray | None = None

    def frames(self, sound: Callable[[], Iterable[np.ndarray]]) -> Iterator[np.ndarray]:
        """Boards of tiles, uint8 RGB, one a frame. sound: gives the pieces of a sound anew each time."""
        labels = [label for row in ROWS for label in row]
        squares = [self._squares(asked, sound()) for row in ROWS for asked in row.values()]
        for index, pictures in enumerate(zip(*squares, strict=True)):
            found = dict(zip(labels, pictures, strict=True))
            drawn = board([[self._tile(label, found[label]) for label in row] for row in ROWS])
            if index == self._chosen:
                self._still = drawn
            yield drawn[: len(drawn) // 2 * 2, : drawn.shape[1] // 2 * 2]

    def still(self) -> np.ndarray:
        """The board for print, once all frames are drawn: uint8 RGB."""
        assert self._still is not None
        return self._still

    def _squares(self, asked: Mapping[str, float], sound: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        generator = replace(self._session.generator, controls=ControlCurves.constant(asked))
        for part in replace(self._session, generator=generator).squares(sound):
            yield from part

    def _tile(self, label: str, picture: np.ndarray) -> Tile:
        return label, shown(picture, self._session.mark, self._side)
