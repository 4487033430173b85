"""Sides of a sound track: which are heard."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.video.channels import Levels, only, sides
from stages.video.encode import write_video
from stages.video.pyav import read_header
from stages.video.sound import RATE, read_sound
from tests.made.clips import QUICK, numbered


def speech(seconds: float = 3.0) -> np.ndarray:
    """A chirp whose loudness comes and goes, float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * (200 + 150 * time) * time) * (1 + np.sin(9 * time)) / 2).astype(np.float32)


def heard(tmp_path: Path, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(75), fps=25, audio=np.stack([left, right], 1), options=QUICK)
    sound = read_sound(str(path), read_header(str(path)), 0.0, 3.0)
    assert sound is not None
    return sound


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (1.0, -1.0, 1.0),
        (0.5, -1.0, 1.0),
        (-1.0, 0.6, 1.0),
        (1.0, 1.0, 1.0),
        (1.0, 0.0, 0.5),
        (0.0, 1.0, 0.5),
        (1.0, -0.1, 0.45),
    ],
)
def test_sides_that_cancel_are_not_added(tmp_path: Path, left: float, right: float, level: float) -> None:
    """The level is that of the mean, or of the louder side where the mean is silent."""
    wanted = speech()
    found = heard(tmp_path, np.float32(left) * wanted, np.float32(right) * wanted)
    inside = slice(RATE // 4, 5 * RATE // 2)
    assert abs(np.corrcoef(found[inside], wanted[inside])[0, 1]) > 0.98
    assert np.std(found[inside]) == pytest.approx(level * np.std(wanted[inside]), rel=0.05)


def test_a_side_that_is_the_other_a_moment_later_upside_down(tmp_path: Path) -> None:
    wanted = speech()
    found = heard(tmp_path, wanted, -np.roll(wanted, 3))
    assert np.std(found) == pytest.approx(np.std(wanted), rel=0.1)


@given(st.floats(-1, 1), st.sampled_from([2, 4, 6]), st.integers(0, 99))
def test_sides_that_differ_do_not_cancel(other: float, count: int, seed: int) -> None:
    """However loud, two sounds that have nothing in common are both heard."""
    made = np.random.default_rng(seed).normal(0, 0.1, (count, 4000)).astype(np.float32)
    made[1:] *= np.float32(other)
    levels = Levels()
    layout = {2: "stereo", 4: "4.0", 6: "5.1"}[count]
    levels.noted(av.AudioFrame.from_ndarray(made, format="fltp", layout=layout))
    assert not levels.cancel


@pytest.mark.parametrize("kind", ["s16", "s16p", "s32", "flt", "fltp", "dbl", "u8"])
def test_every_sample_format_has_the_same_sides(kind: str) -> None:
    made = np.stack([np.linspace(-0.9, 0.9, 64), np.full(64, 0.25)]).astype(np.float32)
    whole = av.AudioFrame.from_ndarray(made, format="fltp", layout="stereo")
    whole.sample_rate = RATE
    (frame,) = av.AudioResampler(format=kind, layout="stereo", rate=RATE).resample(whole)
    assert np.abs(sides(frame) - made).max() < (0.01 if kind == "u8" else 1e-4)
    alone = only(frame, 1)
    assert alone is not None
    assert alone.layout.nb_channels == 1
    assert np.abs(alone.to_ndarray() - 0.25).max() < 0.01


def test_silence_and_mono_have_nothing_to_cancel() -> None:
    levels = Levels()
    assert not levels.cancel
    levels.noted(av.AudioFrame.from_ndarray(np.ones((1, 64), np.float32), format="fltp", layout="mono"))
    levels.noted(av.AudioFrame.from_ndarray(np.zeros((2, 64), np.float32), format="fltp", layout="stereo"))
    levels.noted(None)
    assert not levels.cancel
