"""Log-mel features: their shape, which frame a sound falls into, and which band; and sound against picture in files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.labels.mel import LogMel, mel_bank
from stages.video.encode import write_video
from tests.made.clips import QUICK, accepted, clip_of, plain

FLOOR = np.log10(1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 80), st.integers(-2000, 2000))
def test_one_row_a_frame_whatever_the_sound_s_length(frames: int, extra: int) -> None:
    sound = np.full(max(0, frames * 640 + extra), 0.1, np.float32)
    out = LogMel().features(sound, frames)
    assert (out.shape, out.dtype) == ((frames, 320), np.float32)
    assert np.isfinite(out).all()


def test_silence_is_flat_at_the_floor() -> None:
    assert LogMel().features(np.zeros(16_000, np.float32), 25) == pytest.approx(FLOOR)
    assert LogMel(floor=1e-3).features(np.zeros(16_000, np.float32), 25) == pytest.approx(-3)


@pytest.mark.parametrize("hz", [150, 440, 1000, 2500, 6000])
def test_a_tone_is_loudest_in_its_band(hz: float) -> None:
    sound = (0.3 * np.sin(2 * np.pi * hz * np.arange(32_000) / 16_000)).astype(np.float32)
    rows = LogMel().features(sound, 50).reshape(50, 4, 80)[2:-2]
    mel = 2595 * np.log10(1 + np.array([hz, 8000]) / 700)
    band = mel[0] / mel[1] * 81 - 1
    # the lowest bands are narrower than the 40 Hz between two bins of the spectrum
    assert np.abs(rows.argmax(-1) - band).max() <= (1.6 if hz < 400 else 1)
    assert np.ptp(rows.max(-1)) < 0.2


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 49), st.integers(0, 3), st.integers(20, 139))
def test_a_click_lies_in_the_row_and_hop_of_its_instant(row: int, hop: int, offset: int) -> None:
    sound = np.zeros(50 * 640, np.float32)
    sound[row * 640 + hop * 160 + offset] = 0.9
    energy = LogMel().features(sound, 50).reshape(200, 80).sum(1)
    assert int(energy.argmax()) == row * 4 + hop
    # nothing is heard more than one window away
    assert (energy[np.abs(np.arange(200) - energy.argmax()) > 2] == energy.min()).all()


def test_a_part_of_the_sound_has_that_part_of_the_rows() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 100 * 640).astype(np.float32)
    whole = LogMel().features(sound, 100)
    part = LogMel().features(sound[30 * 640 : 80 * 640], 50)
    assert part[1:-1] == pytest.approx(whole[31:79], abs=1e-4)


def test_louder_is_higher_by_two_decades_a_factor_of_ten() -> None:
    sound = np.random.default_rng(0).normal(0, 0.05, 25 * 640).astype(np.float32)
    assert LogMel().features(sound * 10, 25) - LogMel().features(sound, 25) == pytest.approx(2, abs=1e-3)


def test_every_band_of_the_bank_has_unit_weight_and_they_rise() -> None:
    bank = mel_bank(80, 400)
    assert bank.shape == (201, 80)
    assert bank.sum(0) == pytest.approx(1)
    assert (bank >= 0).all()
    assert (np.diff(bank.argmax(0)) >= 0).all()


def test_the_stage_adds_one_row_a_frame_and_nothing_without_sound() -> None:
    run = LogMel().open()
    clip = plain(2, sound=np.zeros(32_000, np.float32)).add(frames=50)
    assert accepted(run(clip)).arrays["audio"].shape == (50, 320)
    assert "audio" not in accepted(run(plain(2).add(frames=50))).arrays


def flashes(rate: float | Fraction | None, times: np.ndarray, lit: list[int], path: Path) -> None:
    """A file that flashes white and clicks at the same instants: the frames `lit` of those at `times`."""
    sound = np.zeros(round((times[-1] + 0.1) * 48_000), np.float32)
    for index in lit:
        at = round(times[index] * 48_000)
        sound[at : at + 48] = 0.9 * np.hanning(48)
    images = [np.full((64, 64, 3), 235 if i in lit else 16, np.uint8) for i in range(len(times))]
    given_times = None if rate else list(times)
    write_video(path, images, fps=rate, times=given_times, audio=sound, audio_rate=48_000, options=QUICK)


def irregular() -> np.ndarray:
    times = np.cumsum(np.random.default_rng(4).uniform(0.015, 0.07, 100))
    return times - times[0]


@pytest.mark.parametrize("rate", [30, Fraction(24_000, 1001), 22.13, 25, None], ids=str)
def test_a_flash_and_a_click_at_one_instant_fall_into_one_row(tmp_path: Path, rate: float | Fraction | None) -> None:
    """In one row where the instant lies on the 25 Hz grid; elsewhere the picture is the nearest frame, the sound the
    interval that holds the instant, so they may be one row apart when the instant lies in a row's later half."""
    path = tmp_path / "a.mp4"
    times = irregular() if rate is None else np.arange(round(5 * float(rate))) / float(rate)
    phase = times * 25 % 1
    early = np.flatnonzero((phase > 0.02) & (phase < 0.3) | (phase == 0))
    lit: list[int] = []
    for index in early:
        if 0.3 < times[index] < times[-1] - 0.3 and (not lit or times[index] - times[lit[-1]] > 0.45):
            lit.append(int(index))
    assert len(lit) >= 4
    flashes(rate, times, lit, path)
    clip = clip_of(path)
    bright = [frame.image.mean() > 128 for frame in clip.frames]
    assert clip.sound is not None
    energy = LogMel().features(clip.sound, len(bright)).reshape(-1, 4 * 80).max(1)
    for index in lit:
        row = int(times[index] * 25 + 1e-6)
        near = range(row - 4, row + 5)
        assert [k for k in near if bright[k]][:1] == [row]
        assert max(near, key=lambda k: energy[k]) == row
