"""The speech detector: one probability per 32 ms, speech told from what is none, no memory between sounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.speech import silero
from models.speech.silero import CHUNK, RATE, SileroVad
from pipeline.demo.voice import voice

VAD = SileroVad()
SPEECH = (0.3 * voice(4.0, 1)).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3 * CHUNK + 5))
def test_one_probability_a_chunk_the_last_one_padded(samples: int) -> None:
    sound = SPEECH[:samples]
    out = VAD(sound)
    assert out.shape == (-(-samples // CHUNK),)
    assert out.dtype == np.float32
    padded = np.pad(sound, (0, -samples % CHUNK))
    assert np.array_equal(out, VAD(padded))


def test_speech_is_told_from_silence_noise_and_a_tone() -> None:
    time = np.arange(4 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE).astype(np.float32)
    assert (VAD(SPEECH) > 0.5).mean() > 0.6
    for sound in (np.zeros(4 * RATE, np.float32), noise, tone):
        assert (VAD(sound) > 0.5).sum() == 0


def test_a_pause_is_heard_where_it_is() -> None:
    pause = np.concatenate([SPEECH, np.zeros(2 * RATE, np.float32)])
    out = VAD(pause)
    assert out[len(SPEECH) // CHUNK + 8 :].max() < 0.5
    assert out[: len(SPEECH) // CHUNK] == pytest.approx(VAD(SPEECH)[: len(SPEECH) // CHUNK], abs=1e-5)


def test_long_sounds_in_blocks_are_what_they_are_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = VAD(SPEECH)
    monkeypatch.setattr(silero, "_BLOCK", 7)
    assert VAD(SPEECH) == pytest.approx(whole, abs=1e-4)


def test_nothing_carries_over_from_one_sound_to_the_next() -> None:
    before = VAD(SPEECH)
    VAD(np.ones(RATE, np.float32))
    assert np.array_equal(VAD(SPEECH), before)
