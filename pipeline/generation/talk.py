"""A portrait that says what a recording says: from two files to one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.motion.generation import Sampling
from pipeline.cli.given import Given
from pipeline.errors import UsageError
from pipeline.faces.portrait import portrait_of
from pipeline.faces.portrait_tracking import OnProgress
from pipeline.faces.provenance import Provenance, origin_of, synthetic, write_png
from pipeline.faces.scene import Size
from pipeline.generation.controls import SECONDS, ControlCurves, read_controls
from pipeline.generation.generator import Generator
from pipeline.generation.grid import Grid
from pipeline.generation.models import Models
from pipeline.generation.motion_table import write_motion
from pipeline.generation.session import Session
from pipeline.generation.writing import frame_count, told, write
from stages.clip import FPS
from stages.video.header import Unreadable
from stages.video.sound_track import SoundTrack


@dataclass(frozen=True)
class Talk:
    """What to make. portrait, speech: files or URIs; portrait None: motion alone is made. out: an .mp4 file, or with
    `motion_only` a .parquet file.

    checkpoint, face: files of a motion generator and of the face model whose latents it moves. constant, controls: what
    is asked at all times, by names of `controls.COLUMNS`, and a CSV file of what is asked at which second. size: pixels
    of the driven square, None: the usual. crop: the square alone is drawn. mark: drawn pictures say what they are.
    grid: the portrait is shown under several controls (`Grid`), in a video and a PNG file of its name.
    """

    portrait: str | None
    speech: str
    out: Path
    checkpoint: Path
    face: Path
    constant: Mapping[str, float] = field(default_factory=dict)
    controls: Path | None = None
    sampling: Sampling = Sampling()
    seed: int = 0
    size: Size | None = None
    crop: bool = False
    mark: bool = True
    motion_only: bool = False
    grid: bool = False

    def __post_init__(self) -> None:
        ending = ".parquet" if self.motion_only else ".mp4"
        if self.out.suffix.lower() != ending:
            what = "motion is a Parquet" if self.motion_only else "the video is an MP4"
            raise UsageError(f"--out {self.out}: {what} file; let its name end with {ending}")
        if self.portrait is None and not self.motion_only:
            raise UsageError("no portrait: give --portrait IMAGE, or --motion-only for motion alone")
        if self.grid and (self.motion_only or self.controls is not None):
            raise UsageError(
                "--grid is a video of gazes, distances and emotions of its own: leave --controls and --motion-only out"
            )
        given = (self.portrait, self.speech, self.controls, self.checkpoint, self.face)
        if os.path.realpath(self.out) in {os.path.realpath(path) for path in given if path is not None}:
            raise UsageError(f"--out {self.out}: would overwrite what it is made from; choose another name")

    @property
    def curves(self) -> ControlCurves:
        """What is asked at which second. UsageError: it cannot be."""
        if self.controls is None:
            return ControlCurves.constant(self.constant)
        return read_controls(self.controls, self.constant)


@dataclass(frozen=True)
class Talked:
    """What was made: files, frames at 25 fps, whether there was nothing to hear, the note inside."""

    files: list[str]
    frames: int
    silent: bool
    note: dict[str, Any]

    def text(self) -> str:
        """As a person reads it."""
        silent = "; the sound is silent" if self.silent else ""
        lines = [
            f"{self.frames} frames, {self.frames / FPS:.2f} s{silent}",
            *(f"look at: {path}" for path in self.files),
        ]
        return "\n".join(lines)


def talk(asked: Talk, on_progress: OnProgress, models: Models | None = None) -> Talked:
    """Make what is asked for. UsageError names the file at fault, the cause and the next step.

    models: of its checkpoint and face, where they are loaded already.
    """
    curves = asked.curves
    models = models or Models.of(asked.checkpoint, None if asked.motion_only else asked.face)
    generator = Generator(models.motion, models.features, curves, asked.sampling, asked.seed)
    with ExitStack() as stack:
        speech = Given.of(asked.speech, stack)
        with speech.named():
            sound = sound_of(speech.path)
        made_of = {**models.note, "speech": origin_of(speech)}
        if asked.portrait is None or models.drive is None:
            note = _note("motion generated from speech", asked, made_of)
            frames = write_motion(asked.out, told(generator(sound.mono()), len, sound, on_progress), note)
            return Talked([str(asked.out)], frames, not sound.loudest, note.values)
        given = Given.of(asked.portrait, stack)
        with given.named():
            portrait = portrait_of(models.drive, given.path, Path(given.name).stem, asked.size)
        note = _note("a portrait animated by speech", asked, {**made_of, "portrait": origin_of(given)})
        session = Session(portrait, generator, models.drive, asked.crop, asked.mark)
        files = [asked.out]
        if asked.grid:
            grid = Grid(session, frame_count(sound))
            frames = write(asked.out, told(grid.frames(sound.mono), _one, sound, on_progress), sound, note)
            files.append(asked.out.with_suffix(".png"))
            write_png(grid.still(), files[-1], note)
        else:
            frames = write(asked.out, told(session.frames(sound.mono()), _one, sound, on_progress), sound, note)
    return Talked([str(path) for path in files], frames, not sound.loudest, note.values)


def sound_of(path: str) -> SoundTrack:
    """The sound of a recording or video. UsageError says why there is none."""
    try:
        return SoundTrack.of(path)
    except Unreadable as error:
        raise UsageError(str(error)) from error


def _note(how: str, asked: Talk, made_of: Mapping[str, Any]) -> Provenance:
    curves = asked.curves
    points = {SECONDS: curves.seconds.tolist(), **{name: each.tolist() for name, each in curves.values.items()}}
    return synthetic(
        how, {**made_of, "controls": points, "sampling": asdict(asked.sampling), "seed": asked.seed, "grid": asked.grid}
    )


def _one(picture: np.ndarray) -> int:
    return 1
