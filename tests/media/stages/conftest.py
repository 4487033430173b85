"""Sample clips tracked once for all tests of the stages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from stages.clip import Clip, Runner
from stages.tracking.track import FaceTrack
from tests.made.clips import TrackOf, accepted, clip_of


@pytest.fixture(scope="session")
def track() -> Runner:
    """The stage track with its default parameters, opened."""
    return FaceTrack().open()


@pytest.fixture(scope="session")
def track_of(samples: Path, track: Runner) -> TrackOf:
    """What the stage track makes of the sample clip of that name; each is tracked once."""
    return cache(lambda name: track(clip_of(samples / f"{name}.mp4")))


@pytest.fixture(scope="session")
def man(track_of: TrackOf) -> Clip:
    """talking_man, 30 fps, tracked."""
    return accepted(track_of("talking_man"))


@pytest.fixture(scope="session")
def woman(track_of: TrackOf) -> Clip:
    """talking_woman, 23.976 fps, tracked."""
    return accepted(track_of("talking_woman"))
