"""Cepstral coefficients: those that python_speech_features 0.6 gives, and where in time they lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.speech.mfcc import COEFFICIENTS, HOP, WINDOW, mfcc

PACKAGE = {
    0: "19.445922 14.014336 -24.484589 -12.391354 31.532303 33.274562 -9.357755 -37.632278 -32.584622 -26.76762 "
    "-27.443727 -19.340633 -5.823828",
    4: "20.591993 -4.745781 -13.98522 55.481448 11.928576 -39.779827 11.790732 0.320739 -44.149849 -18.910234 "
    "-11.565443 -26.900348 -16.325193",
}
"""By row, what the package says of `tones()`."""


def tones() -> np.ndarray:
    """A tenth of a second of a tone of 220 Hz and one that rises."""
    t = np.arange(1600)
    return np.round(
        8000 * np.sin(2 * np.pi * 220 * t / 16_000) + 3000 * np.sin(2 * np.pi * (900 + t) * t / 16_000)
    ).astype(np.int16)


def test_the_numbers_are_the_package_s() -> None:
    found = mfcc(tones())
    assert found.shape == (9, COEFFICIENTS)
    for row, said in PACKAGE.items():
        assert found[row] == pytest.approx([float(each) for each in said.split()], abs=2e-6)


@given(st.integers(1, 4000))
def test_there_is_a_row_every_10_ms_until_the_sound_is_over(samples: int) -> None:
    found = mfcc(np.random.default_rng(samples).integers(-9000, 9000, samples))
    assert len(found) == 1 + max(0, -(-(samples - WINDOW) // HOP))
    assert np.isfinite(found).all()


def test_silence_has_the_least_energy_and_a_click_is_heard_in_its_windows_alone() -> None:
    quiet = np.zeros(8000)
    click = quiet.copy()
    click[4000:4010] = 20_000
    heard = np.flatnonzero(np.abs(mfcc(click) - mfcc(quiet)).max(1) > 1)
    assert heard.tolist() == [23, 24, 25]  # of 160 i to 160 i + 400
    assert mfcc(quiet)[:, 0] == pytest.approx(np.log(np.finfo(float).eps))
