"""Driving a portrait by a video of somebody else: from two files to one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catalogs import storage
from models.face.model import Motion
from models.runtime.checkpoint import WrongWeights
from models.runtime.device import device
from pipeline.cli.given import Given
from pipeline.errors import UsageError
from pipeline.faces.detail import softened
from pipeline.faces.driving import Drive, What, driver_of, moved_over
from pipeline.faces.figures import Figures
from pipeline.faces.portrait import Portrait, at_rest, motions, portrait_of
from pipeline.faces.portrait_tracking import Driver, OnProgress, driver_of_video
from pipeline.faces.provenance import Provenance, origin_of, provenance, seal_video, write_png
from pipeline.faces.scene import Size
from pipeline.faces.tiles import LEAST, marked, shown
from stages.clip import FPS
from stages.video.encode import write_video

_QUALITY = {"preset": "medium", "crf": "18"}


@dataclass(frozen=True)
class Reenactment:
    """What to draw. sources, driver: files or URIs; several sources for a grid alone. out: an .mp4 file.

    what: what moves over. side_by_side: source and driver are shown too. mark: drawn pictures say what they are.
    relative: head and face move from the portrait's own pose and expression by what the driver's depart from rest.
    size: pixels of the driven square, None: the usual. crop: the square alone is drawn, not the picture around it.
    """

    sources: Sequence[str]
    driver: str
    out: Path
    checkpoint: Path
    what: What = "both"
    grid: bool = False
    side_by_side: bool = False
    mark: bool = True
    relative: bool = True
    size: Size | None = None
    crop: bool = False

    def __post_init__(self) -> None:
        if not self.sources:
            raise UsageError("no portrait: give --source IMAGE")
        if len(self.sources) > 1 and not self.grid:
            raise UsageError(f"{len(self.sources)} portraits: one video drives one of them; several are for --grid")
        if self.grid and (self.what != "both" or self.side_by_side):
            raise UsageError("--grid shows source, driver, pose alone and dynamics alone: leave the other options out")
        if self.out.suffix.lower() != ".mp4":
            raise UsageError(f"--out {self.out}: the video is an MP4 file; let its name end with .mp4")
        given = {os.path.realpath(path) for path in (*self.sources, self.driver, str(self.checkpoint))}
        if given & {os.path.realpath(path) for path in map(str, (self.out, self.picture))}:
            raise UsageError(f"--out {self.out}: would overwrite what it is made from; choose another name")

    @property
    def picture(self) -> Path:
        """A grid's still."""
        return self.out.with_suffix(".png")


@dataclass(frozen=True)
class Reenacted:
    """What was made: files, frames at 25 fps, seconds behind a scene change that were left out, the note inside."""

    files: list[str]
    frames: int
    left_out_s: float
    note: dict[str, Any]

    def text(self) -> str:
        """As a person reads it."""
        left = f", {self.left_out_s:.2f} s after a scene change left out" if self.left_out_s else ""
        return f"{self.frames} frames, {self.frames / FPS:.2f} s{left}\n" + "\n".join(
            f"look at: {path}" for path in self.files
        )


def reenact(asked: Reenactment, on_progress: OnProgress) -> Reenacted:
    """Draw the video that is asked for. UsageError names the file at fault, the cause and the next step."""
    try:
        drive = driver_of(asked.checkpoint, device())
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    seen = asked.grid or asked.side_by_side
    size = max(drive.model.preset.size, LEAST if seen else 0)
    with ExitStack() as stack:
        given = [Given.of(uri, stack) for uri in (*asked.sources, asked.driver)]
        *sources, video = given
        cast = []
        for source in sources:
            with source.named():
                cast.append(portrait_of(drive, source.path, Path(source.name).stem, asked.size))
        with video.named():
            driver = driver_of_video(video.path, size, on_progress)
        moved = "grid" if asked.grid else asked.what
        origins = [origin_of(source) for source in sources]
        preset = drive.model.preset.name
        note = provenance(asked.checkpoint, preset, origins, origin_of(video), moved, asked.relative)
    rest = at_rest(drive, driver) if asked.relative else None
    files = [asked.out]
    if asked.grid:
        figures = Figures(drive, cast, driver, asked.mark, rest)
        _write(asked.out, figures.frames(), driver, note, on_progress)
        write_png(figures.still(), asked.picture, note)
        files.append(asked.picture)
    else:
        _write(asked.out, _frames(drive, cast[0], driver, asked, rest), driver, note, on_progress)
    return Reenacted([str(path) for path in files], driver.frames, round(driver.left_out_s, 3), note.values)


def _frames(
    drive: Drive, portrait: Portrait, driver: Driver, asked: Reenactment, rest: Motion | None
) -> Iterator[np.ndarray]:
    """uint8 RGB, one a frame of the driver: the result, or source, driver and result, squares all, in a row."""
    source, side = portrait.crop, portrait.scene.side
    for views, motion in motions(drive, driver):
        drawn = drive.draw(portrait.person, moved_over(portrait.own, motion, asked.what, rest))
        for view, picture in zip(views, drawn, strict=True):
            result = picture if asked.crop or asked.side_by_side else portrait.scene.with_square(picture)
            seen = shown(softened(view.picture)[0], mark=False, side=side) if asked.side_by_side else None
            beside = [] if seen is None else [source, seen]
            yield np.concatenate([*beside, marked(result) if asked.mark else result], axis=1)


def _write(out: Path, frames: Iterator[np.ndarray], driver: Driver, note: Provenance, on_progress: OnProgress) -> None:
    """H.264 at 25 fps with the driver's sound from second 0, and the note; whole or not at all."""
    plain = storage.put(out)  # never published as it is
    try:
        reported = _reported(frames, driver.frames, on_progress)
        write_video(
            plain.path, reported, FPS, audio=driver.sound, audio_rate=driver.sound_hz, options=_QUALITY, container="mp4"
        )
        seal_video(plain.path, out, note)
    finally:
        plain.discard()


def _reported(frames: Iterator[np.ndarray], count: int, on_progress: OnProgress) -> Iterator[np.ndarray]:
    for index, frame in enumerate(frames):
        on_progress(f"result: frame {index + 1} of {count}")
        yield frame
