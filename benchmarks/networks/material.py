"""What the networks are shown: one minute of a sample clip's face, tracked, and a frame and the sound of that clip."""

from __future__ import annotations

import pickle
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stages.clip import AUDIO_RATE, FPS, Clip
from stages.video.reader import Frames

SAMPLE = "talking_woman.mp4"
MINUTE = 60


@dataclass(frozen=True)
class Material:
    """frame: a native frame, uint8 RGB. clip: the clip it is from, tracked."""

    frame: np.ndarray
    clip: Clip

    def minute(self) -> Clip:
        """One minute of the clip, forward and back again so that nothing jumps."""
        track = self.clip.tracked()
        count = len(track.times)
        order = swung(count, MINUTE * FPS)
        longer = replace(
            track,
            times=np.arange(len(order)) / FPS,
            landmarks=track.landmarks[order],
            present=track.present[order],
            crops=tuple(track.crops[i] for i in order),
            crop_matrix=track.crop_matrix[order],
        )
        sound = self.sound(MINUTE)
        return replace(
            self.clip, start_s=0.0, end_s=float(MINUTE), sound=sound, track=longer, columns={"frames": MINUTE * FPS}
        )

    def sound(self, seconds: float) -> np.ndarray:
        """The clip's sound [S] at 16 kHz, over and over for `seconds`."""
        assert self.clip.sound is not None
        return np.resize(self.clip.sound, round(seconds * AUDIO_RATE))


def swung(count: int, wanted: int) -> np.ndarray:
    """`wanted` indices of `count` things, forward and back again."""
    there_and_back = [*range(count), *range(count - 2, 0, -1)]
    return np.resize(there_and_back, wanted)


def material(kept: Path | None = None) -> Material:
    """The sample clip, tracked; read from the file `kept` where it is there, else written to it.

    Raises SamplesError, WeightsMissing or ImportError on a machine that lacks what the sample or the tracker is made
    of; the file of a machine that has it will do there.
    """
    if kept is not None and kept.exists():
        with kept.open("rb") as file:
            return pickle.load(file)
    made = _made()
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("wb") as file:
            pickle.dump(made, file, protocol=5)
    return made


def _made() -> Material:
    # video libraries are needed for this alone: a machine with a file of it can do without
    from benchmarks.clips import clip_of
    from pipeline.demo.samples import make_samples
    from stages.clip import Reject
    from stages.tracking.track import FaceTrack

    with tempfile.TemporaryDirectory() as folder:
        make_samples(folder)
        path = str(Path(folder) / SAMPLE)
        frame = next(iter(clip_of(path, sound=False).frames)).image
        tracked = FaceTrack().open()(clip_of(path))
    if isinstance(tracked, Reject):
        raise RuntimeError(f"{SAMPLE} was rejected while tracked: {tracked.reason} ({tracked.detail})")
    return Material(frame, replace(tracked, path=SAMPLE, frames=Frames(iter(())), rest=None, thumbs=()))
