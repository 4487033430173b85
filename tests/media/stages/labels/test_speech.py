"""The share of speech: of speech at any loudness, of what is none, and the verdicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.clip import Clip, Runner
from stages.labels.speech import Speech, even_loudness
from tests.made.clips import accepted, clip_of, plain, rejected


@pytest.fixture(scope="module")
def speech() -> Runner:
    return Speech().open()


@pytest.fixture(scope="module")
def talk(samples: Path) -> Clip:
    return clip_of(samples / "talking_man.mp4")


def share(run: Runner, sound: np.ndarray) -> float:
    out = run(plain(len(sound) / 16_000, sound=sound))
    return getattr(out, "clip", out).columns["speech_share"]


def test_a_talking_person_speaks_most_of_the_time(speech: Runner, talk: Clip) -> None:
    assert accepted(speech(talk)).columns["speech_share"] > 0.7


@pytest.mark.parametrize("gain", [0.003, 0.03, 0.3, 3.0])
def test_loudness_does_not_change_the_share(speech: Runner, talk: Clip, gain: float) -> None:
    assert talk.sound is not None
    assert share(speech, np.clip(talk.sound * np.float32(gain), -1, 1)) == pytest.approx(
        share(speech, talk.sound), abs=0.04
    )


def test_half_a_clip_of_speech_is_half_its_share(speech: Runner, talk: Clip) -> None:
    assert talk.sound is not None
    padded = np.concatenate([talk.sound, np.zeros_like(talk.sound)])
    assert share(speech, padded) == pytest.approx(share(speech, talk.sound) / 2, abs=0.04)


def silence() -> np.ndarray:
    return np.zeros(64_000, np.float32)


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, 64_000).astype(np.float32)


def tone() -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(64_000) / 16_000)).astype(np.float32)


@pytest.mark.parametrize("sound", [silence, noise, tone])
@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_silence_noise_and_a_tone_are_no_speech(speech: Runner, sound, gain: float) -> None:  # type: ignore[no-untyped-def]
    out = rejected(speech(plain(4, sound=sound() * np.float32(gain))))
    assert out.reason == "no_speech"
    assert out.detail == "speech in 0% of the clip, at least 20% wanted"
    assert out.clip.columns["speech_share"] == 0


def test_thresholds_are_parameters(talk: Clip) -> None:
    strict = rejected(Speech(minimum=0.99).open()(talk))
    assert strict.reason == "no_speech"
    assert strict.detail.endswith("at least 99% wanted")
    assert accepted(Speech(minimum=0.0).open()(plain(4, sound=silence()))).columns["speech_share"] == 0


def test_without_sound(speech: Runner) -> None:
    out = rejected(speech(plain(4)))
    assert out.reason == "no_audio"
    assert "--set speech.required=false" in out.detail


def test_speech_that_is_not_required_is_measured_and_not_judged() -> None:
    run = Speech(required=False).open()
    assert dict(accepted(run(plain(4))).columns) == {}
    assert accepted(run(plain(4, sound=silence()))).columns["speech_share"] == 0


def test_no_sample_at_all(speech: Runner) -> None:
    assert rejected(speech(plain(0, sound=np.zeros(0, np.float32)))).reason == "no_speech"


@settings(deadline=None)
@given(st.floats(0.02, 10), st.integers(0, 50))
def test_even_loudness_is_the_same_for_any_gain(gain: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sound = (rng.normal(0, 0.05, 8192) * np.repeat(rng.uniform(0.2, 1, 16), 512)).astype(np.float32)
    assert np.abs(even_loudness(sound * np.float32(gain)) - even_loudness(sound)).max() < 1e-5


def test_even_loudness_leaves_silence_and_short_sounds() -> None:
    quiet = np.full(4096, 1e-5, np.float32)
    assert even_loudness(quiet) is quiet
    short = np.ones(100, np.float32)
    assert even_loudness(short) is short
    assert np.abs(even_loudness(np.array([1.0, *[0.01] * 9999], np.float32))).max() <= 1
