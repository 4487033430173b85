"""The made voice: the same every time, and speech to a speech detector."""

from __future__ import annotations

import numpy as np
import pytest

from models.speech.silero import SileroVad
from pipeline.demo.voice import RATE, voice


def test_length_range_and_repetition() -> None:
    sound = voice(1.234, seed=3)
    assert sound.dtype == np.float32
    assert len(sound) == round(1.234 * RATE)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=1e-3)
    assert np.array_equal(sound, voice(1.234, seed=3))
    assert not np.array_equal(sound, voice(1.234, seed=4))


@pytest.mark.parametrize(("pitch", "tract"), [(112, 1.0), (205, 1.15)])
def test_a_speech_detector_hears_speech(pitch: float, tract: float) -> None:
    detector = SileroVad()
    shares = [np.mean(detector(voice(4, seed, pitch, tract)) > 0.5) for seed in range(5)]
    assert min(shares) > 0.7


@pytest.mark.parametrize("pitch", [112, 205])
def test_pitch_is_near_the_one_asked_for(pitch: float) -> None:
    sound = voice(4, 1, pitch)
    found = []
    for start in range(0, len(sound) - 1024, 512):
        block = sound[start : start + 1024].astype(float)
        if np.std(block) < 0.05:
            continue
        echo = np.correlate(block, block, "full")[1023:]
        lags = slice(RATE // 320, RATE // 70)
        found.append(RATE / (lags.start + np.argmax(echo[lags])))
    assert np.median(found) == pytest.approx(pitch, rel=0.12)
