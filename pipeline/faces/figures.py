"""The paper's Figures 4 and 5: one motion on several portraits; pose alone, dynamics alone, both, a spinning head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from models.face.model import Motion
from pipeline.faces.detail import softened
from pipeline.faces.driving import Drive, What, moved_over
from pipeline.faces.portrait import Portrait, motions
from pipeline.faces.portrait_tracking import Driver
from pipeline.faces.tiles import LEAST, Tile, board, shown
from stages.clip import FPS

SPIN = 25.0
"""Degrees of yaw that the spinning head turns to either side."""
STILLS = 6
"""Frames of the printed figure."""
_SPIN_FRAMES = 4 * FPS
_ALONE: tuple[What, ...] = ("pose", "dynamics")
_TITLES = {"pose": "pose alone", "dynamics": "dynamics alone", "both": "both", "spin": "spinning head"}


@dataclass(frozen=True)
class Scene:
    """One frame of the figures: the driver, every portrait in its motion, the first one's parts by name."""

    driver: np.ndarray
    portraits: Sequence[np.ndarray]
    parts: dict[str, np.ndarray]


class Figures:
    """Both figures, frame by frame; after the last one `still` has them for print. rest: as `moved_over` takes it.

    Tiles are as large as the largest square of a portrait.
    """

    def __init__(
        self, drive: Drive, cast: Sequence[Portrait], driver: Driver, mark: bool, rest: Motion | None = None
    ) -> None:
        self._drive, self._cast, self._driver, self._mark, self._rest = drive, cast, driver, mark, rest
        self._chosen = {int(i) for i in np.linspace(0, driver.frames - 1, STILLS)}
        self._kept: list[tuple[int, Scene]] = []
        self._side = max(LEAST, *(portrait.scene.side for portrait in cast))
        self._sources = [self._tile(portrait.crop, mark=False) for portrait in cast]

    def frames(self) -> Iterator[np.ndarray]:
        """uint8 RGB, one a frame of the driver."""
        for index, scene in enumerate(self._scenes()):
            if index in self._chosen:
                self._kept.append((index, scene))
            yield board(self._moving(scene))

    def still(self) -> np.ndarray:
        """A row a motion, a column a time, as on paper: uint8 RGB."""
        times = [f"{index / FPS:.1f} s" for index, _ in self._kept]
        scenes = [scene for _, scene in self._kept]
        first = self._sources[0]
        rows = [_row("driver", None, times, [scene.driver for scene in scenes])]
        for place, portrait in enumerate(self._cast):
            pictures = [scene.portraits[place] for scene in scenes]
            rows.append(_row(portrait.name, self._sources[place], times, pictures))
        for name in _ALONE:
            rows.append(_row(_TITLES[name], first, times, [scene.parts[name] for scene in scenes]))
        rows.append(_row(_TITLES["both"], first, times, [scene.parts["both"] for scene in scenes]))
        rows.append(_row(_TITLES["spin"], first, *self._spun()))
        return board(rows)

    def _spun(self) -> tuple[list[str], list[np.ndarray]]:
        """Labels and pictures of the first portrait's head from one side to the other."""
        first, yaw = self._cast[0], torch.linspace(-SPIN, SPIN, STILLS)
        drawn = self._drive.draw(first.person, facing(first.own, yaw))
        return [f"yaw {degrees:.0f}" for degrees in yaw], [self._tile(picture, self._mark) for picture in drawn]

    def _moving(self, scene: Scene) -> list[list[Tile]]:
        names = [portrait.name for portrait in self._cast]
        return [
            [("", None), *zip(names, self._sources, strict=True)],
            [("driver", scene.driver), *(("", picture) for picture in scene.portraits)],
            [(names[0], self._sources[0]), *((_TITLES[name], picture) for name, picture in scene.parts.items())],
        ]

    def _scenes(self) -> Iterator[Scene]:
        drive, first, rest, at = self._drive, self._cast[0], self._rest, 0
        for views, motion in motions(drive, self._driver):
            portraits = [drive.draw(each.person, moved_over(each.own, motion, "both", rest)) for each in self._cast]
            alone = [moved_over(first.own, motion, what, rest) for what in _ALONE]
            spun = spinning(first.own, at, len(views), self._driver.frames)
            pose, dynamics, spin = (drive.draw(first.person, each) for each in (*alone, spun))
            parts = {"pose": pose, "dynamics": dynamics, "both": portraits[0], "spin": spin}
            at += len(views)
            for i, view in enumerate(views):
                yield Scene(
                    self._tile(softened(view.picture)[0], mark=False),
                    [self._tile(pictures[i], self._mark) for pictures in portraits],
                    {name: self._tile(parts[name][i], self._mark) for name in _TITLES},
                )

    def _tile(self, picture: np.ndarray, mark: bool) -> np.ndarray:
        return shown(picture, mark, self._side)


def spinning(own: Motion, first: int, count: int, frames: int) -> Motion:
    """The motion of `count` frames from `first` of a head that turns from -25 to 25 degrees and back, again and again.

    All else is its own. A turn takes four seconds, or all the `frames` there are.
    """
    at = torch.arange(first, first + count) / min(_SPIN_FRAMES, max(frames - 1, 1))
    return facing(own, -SPIN * torch.cos(2 * torch.pi * at))


def facing(own: Motion, yaw: torch.Tensor) -> Motion:
    """A motion [1] with its head turned to these yaws [N], in degrees."""
    pose = own.pose.repeat(len(yaw), 1)
    pose[:, 1] = yaw.to(pose)
    return Motion(pose, own.dynamics.expand(len(yaw), -1))


def _row(title: str, source: np.ndarray | None, times: Sequence[str], pictures: Sequence[np.ndarray]) -> list[Tile]:
    return [(title, source), *zip(times, pictures, strict=True)]
