"""Sample clips tracked once for all tests of the stages."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from stages.clip import Clip, Outcome, Runner
from stages.tracking.track import FaceTrack
from stages.video.reader import Frames
from tests.made.clips import TrackOf, accepted, clip_of


@pytest.fixture(scope="session")
def track() -> Runner:
    """The stage track with its default parameters, opened."""
    return FaceTrack().open()


@pytest.fixture(scope="session")
def track_of(samples: Path, track: Runner, tracks: Path) -> TrackOf:
    """What the stage track makes of the sample clip of that name; each is tracked once until code changes."""

    def tracked(name: str) -> Outcome:
        kept = tracks / f"{samples.name}-{name}.track"
        if kept.exists():
            return pickle.loads(kept.read_bytes())
        found = track(clip_of(samples / f"{name}.mp4"))
        if isinstance(found, Clip) and found.rest is None:
            # an iterator inside Frames cannot be pickled: a spent one is put there
            found = replace(found, frames=Frames(iter(())), columns=dict(found.columns), arrays=dict(found.arrays))
            draft = kept.with_suffix(f".{os.getpid()}")
            draft.write_bytes(pickle.dumps(found, protocol=5))
            draft.replace(kept)
        return found

    return cache(tracked)


@pytest.fixture(scope="session")
def man(track_of: TrackOf) -> Clip:
    """talking_man, 30 fps, tracked."""
    return accepted(track_of("talking_man"))


@pytest.fixture(scope="session")
def woman(track_of: TrackOf) -> Clip:
    """talking_woman, 23.976 fps, tracked."""
    return accepted(track_of("talking_woman"))
