"""A video of what is drawn, with the sound that it was drawn from and a note; and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from catalogs import storage
from pipeline.faces.portrait_tracking import OnProgress
from pipeline.faces.provenance import Provenance, seal_video
from stages.clip import AUDIO_RATE, FPS
from stages.video.encode import aac_rate, write_sound, write_video
from stages.video.sound_track import SoundTrack

T = TypeVar("T")

_QUALITY = {"preset": "veryfast", "crf": "18"}


def frame_count(sound: SoundTrack) -> int:
    """Frames of a video of that sound; the last may go on after it."""
    return -(-sound.samples * FPS // AUDIO_RATE)


def told(items: Iterator[T], frames: Callable[[T], int], sound: SoundTrack, on_progress: OnProgress) -> Iterator[T]:
    """The same items. frames: how many of the result's one is."""
    count, done = frame_count(sound), 0
    for item in items:
        done += frames(item)
        on_progress(f"frame {done} of {count}")
        yield item


def write(out: Path, frames: Iterator[np.ndarray], sound: SoundTrack, note: Provenance) -> int:
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
