"""A portrait that says what a recording says: from two files to one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from catalogs import storage
from models.motion.generation import Sampling
from models.runtime.device import device
from pipeline.cli.given import Given
from pipeline.errors import UsageError
from pipeline.faces.driving import driver_of
from pipeline.faces.portrait import portrait_of
from pipeline.faces.portrait_tracking import OnProgress
from pipeline.faces.provenance import Provenance, model_of, origin_of, seal_video, synthetic
from pipeline.faces.scene import Size
from pipeline.generation.controls import SECONDS, ControlCurves, read_controls
from pipeline.generation.generator import Generator, check_latents, features_for, opened
from pipeline.generation.motion_table import write_motion
from pipeline.generation.session import Session
from stages.clip import AUDIO_RATE, FPS
from stages.video.encode import aac_rate, write_sound, write_video
from stages.video.header import Unreadable
from stages.video.sound_track import SoundTrack

T = TypeVar("T")

_QUALITY = {"preset": "veryfast", "crf": "18"}


@dataclass(frozen=True)
class Talk:
    """What to make. portrait, speech: files or URIs; portrait None: motion alone is made. out: an .mp4 file, or with
    `motion_only` a .parquet file.

    checkpoint, face: files of a motion generator and of the face model whose latents it moves. constant, controls: what
    is asked at all times, by names of `controls.COLUMNS`, and a CSV file of what is asked at which second. size: pixels
    of the driven square, None: the usual. crop: the square alone is drawn. mark: drawn pictures say what they are.
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

    def __post_init__(self) -> None:
        ending = ".parquet" if self.motion_only else ".mp4"
        if self.out.suffix.lower() != ending:
            what = "motion is a Parquet" if self.motion_only else "the video is an MP4"
            raise UsageError(f"--out {self.out}: {what} file; let its name end with {ending}")
        if self.portrait is None and not self.motion_only:
            raise UsageError("no portrait: give --portrait IMAGE, or --motion-only for motion alone")
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
    """What was made: the file, frames at 25 fps, whether there was nothing to hear, the note inside."""

    file: str
    frames: int
    silent: bool
    note: dict[str, Any]

    def text(self) -> str:
        """As a person reads it."""
        silent = "; the sound is silent" if self.silent else ""
        return f"{self.frames} frames, {self.frames / FPS:.2f} s{silent}\nlook at: {self.file}"


def talk(asked: Talk, on_progress: OnProgress) -> Talked:
    """Make what is asked for. UsageError names the file at fault, the cause and the next step."""
    curves = asked.curves
    model, recipe = opened(asked.checkpoint, device())
    generator = Generator(model, features_for(asked.checkpoint, recipe), curves, asked.sampling, asked.seed)
    with ExitStack() as stack:
        speech = Given.of(asked.speech, stack)
        with speech.named():
            sound = sound_of(speech.path)
        made_of: dict[str, Any] = {"motion_model": model_of(asked.checkpoint, model.preset.name)}
        if asked.motion_only or asked.portrait is None:
            note = _note("motion generated from speech", asked, {**made_of, "speech": origin_of(speech)})
            frames = write_motion(asked.out, _told(generator(sound.mono()), len, sound, on_progress), note)
            return Talked(str(asked.out), frames, not sound.loudest, note.values)
        check_latents(asked.checkpoint, recipe, asked.face)
        drive = driver_of(asked.face, device())
        given = Given.of(asked.portrait, stack)
        with given.named():
            portrait = portrait_of(drive, given.path, Path(given.name).stem, asked.size)
        made_of["model"] = model_of(asked.face, drive.model.preset.name)
        made_of |= {"portrait": origin_of(given), "speech": origin_of(speech)}
        note = _note("a portrait animated by speech", asked, made_of)
        session = Session(portrait, generator, drive, asked.crop, asked.mark)
        pictures = _told(session.frames(sound.mono()), lambda picture: 1, sound, on_progress)
        frames = _write(asked.out, pictures, sound, note)
    return Talked(str(asked.out), frames, not sound.loudest, note.values)


def sound_of(path: str) -> SoundTrack:
    """The sound of a recording or video. UsageError says why there is none."""
    try:
        return SoundTrack.of(path)
    except Unreadable as error:
        raise UsageError(str(error)) from error


def _note(how: str, asked: Talk, made_of: Mapping[str, Any]) -> Provenance:
    curves = asked.curves
    points = {SECONDS: curves.seconds.tolist(), **{name: each.tolist() for name, each in curves.values.items()}}
    return synthetic(how, {**made_of, "controls": points, "sampling": asdict(asked.sampling), "seed": asked.seed})


def _told(items: Iterator[T], frames: Callable[[T], int], sound: SoundTrack, on_progress: OnProgress) -> Iterator[T]:
    """The same items. frames: how many of the result's one is."""
    count, done = -(-sound.samples * FPS // AUDIO_RATE), 0
    for item in items:
        done += frames(item)
        on_progress(f"frame {done} of {count}")
        yield item


def _write(out: Path, frames: Iterator[np.ndarray], sound: SoundTrack, note: Provenance) -> int:
    """H.264 at 25 fps with the sound as it is heard, and the note; whole or not at all. Returns how many frames."""
    plain, heard = storage.put(out), storage.put(out.with_suffix(".m4a"))  # never published as they are
    try:
        written = write_video(plain.path, frames, FPS, options=_QUALITY, container="mp4")
        write_sound(heard.path, sound.frames(), aac_rate(sound.hz), sound.channels)
        seal_video(plain.path, out, note, heard.path)
    finally:
        plain.discard()
        heard.discard()
    return written
