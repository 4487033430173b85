"""A made voice: babble by formant synthesis, so that sample clips have speech without anybody's recording.

Source and filter after Klatt (J. Acoust. Soc. Am. 67, 971, 1980), reduced to pulses of a glottis, a cascade of four
formants and hiss for consonants; vowels after Peterson and Barney (1952), men. Syllables come from a seeded generator,
so nobody says anything, but rhythm, pitch and spectrum are those of speech: Silero VAD takes 0.9 of it for speech.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RATE = 16_000
"""Samples a second."""

_BLOCK = 80  # samples; the filter changes every 5 ms
_WINDOW = 4 * _BLOCK
_RING = 1024  # samples that a window rings on through the filter
_VOWELS = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
        (490, 1350, 1690),
    ],
    np.float64,
)
_FOURTH = 3500.0
_BANDWIDTHS = (70.0, 100.0, 140.0, 220.0)
_OPEN = 0.6  # share of a pitch period in which the glottis is open


@dataclass(frozen=True)
class Score:
    """What is said, one value per 5 ms block [B]: pitch in Hz, formants [B, 4] in Hz, loudness of voice and of hiss."""

    pitch: np.ndarray
    formants: np.ndarray
    voiced: np.ndarray
    hiss: np.ndarray


def voice(seconds: float, seed: int, pitch: float = 115.0, tract: float = 1.0) -> np.ndarray:
    """Babble: float32 [seconds x 16,000] in [-0.5, 0.5], mono.

    pitch: mean of the voice in Hz (a woman's is about 205). tract: factor on the formants, 1.0 a man's and 1.15 a
    woman's (a shorter vocal tract). The same arguments give the same sound.
    """
    rng = np.random.default_rng(seed)
    blocks = int(np.ceil(seconds * RATE / _BLOCK))
    score = _compose(blocks, rng, pitch)
    sound = _resonate(_glottis(score, rng), score.formants * tract)
    sound += 0.25 * np.std(sound) * np.repeat(score.hiss, _BLOCK) * _hiss(len(sound), rng)
    sound *= 0.5 / np.abs(sound).max()
    return sound[: round(seconds * RATE)].astype(np.float32)


def _compose(blocks: int, rng: np.random.Generator, pitch: float) -> Score:
    """Phrases of 6 to 11 syllables with falling pitch and pauses of 0.2 to 0.4 s."""
    score = Score(np.full(blocks, float(pitch)), np.full((blocks, 4), _FOURTH), np.zeros(blocks), np.zeros(blocks))
    vowel = _VOWELS[rng.integers(len(_VOWELS))]
    at = 20
    score.formants[:at, :3] = vowel
    while at < blocks:
        syllables = int(rng.integers(6, 12))
        for number in range(syllables):
            following = _VOWELS[rng.integers(len(_VOWELS))]
            length = _syllable(score, at, vowel, following, rng)
            part = (number + np.arange(length) / length) / syllables
            score.pitch[at : at + length] *= (1.15 - 0.3 * part)[: max(0, blocks - at)]
            vowel, at = following, at + length
        pause = int(rng.integers(40, 80))
        score.formants[at : at + pause, :3] = vowel
        at += pause
    smooth = np.hanning(7) / np.hanning(7).sum()
    return Score(
        score.pitch,
        score.formants,
        np.convolve(score.voiced, smooth, "same"),
        np.convolve(score.hiss, smooth, "same"),
    )


def _syllable(score: Score, at: int, vowel: np.ndarray, following: np.ndarray, rng: np.random.Generator) -> int:
    """Writes a consonant and a vowel into the score from block `at`; returns their length in blocks."""
    consonant, length = int(rng.integers(8, 18)), int(rng.integers(22, 40))
    step = np.arange(consonant + length)
    into = np.minimum(1, step / (consonant + 8))[:, None]
    formants = vowel * (1 - into) + following * into
    part = step[:consonant] / consonant
    voiced = np.sin(np.pi * (0.15 + 0.75 * np.maximum(0, step - consonant) / length))
    hiss = np.zeros(len(step))
    kind = rng.integers(3)
    if kind == 0:  # a fricative: s, f
        hiss[:consonant] = np.sin(np.pi * part)
        voiced[:consonant] = np.maximum(0, 0.5 - np.sin(np.pi * part))
    elif kind == 1:  # a nasal: m, n
        voiced[:consonant] = 0.3
        formants[:consonant, 0] = 300
    else:  # a plosive: t, k
        voiced[:consonant] = 0.05 * (1 - part)
        hiss[consonant - 3 : consonant] = 0.8
    room = max(0, min(len(step), len(score.pitch) - at))
    score.formants[at : at + room, :3] = formants[:room]
    score.voiced[at : at + room] = voiced[:room]
    score.hiss[at : at + room] = hiss[:room]
    return len(step)


def _glottis(score: Score, rng: np.random.Generator) -> np.ndarray:
    """The flow's derivative, one pulse a period that opens slowly and shuts fast, with a breath of noise."""
    jitter = 1 + 0.01 * rng.standard_normal(len(score.pitch))
    phase = np.cumsum(np.repeat(score.pitch * jitter, _BLOCK) / RATE) % 1 / _OPEN
    flow = np.where(phase < 1, phase**2 * (1 - phase), 0.0)
    pulses = np.diff(flow, prepend=0.0)
    breath = 0.08 * rng.standard_normal(len(pulses))
    return (pulses / np.std(pulses) + breath) * np.repeat(score.voiced, _BLOCK)


def _resonate(sound: np.ndarray, formants: np.ndarray) -> np.ndarray:
    """The sound through a cascade of resonances of unit gain at 0 Hz, at `formants` [B, 4] in Hz.

    In overlapping windows, each through the filter of its middle block: the windows' sum is the sound.
    """
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(_RING))
    response = np.ones((len(formants), len(delay)), complex)
    for formant, bandwidth in zip(formants.T, _BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        swing = -2 * radius * np.cos(2 * np.pi * formant / RATE)[:, None]
        response *= (1 + swing + radius**2) / (1 + swing * delay + radius**2 * delay**2)
    padded = np.pad(sound, (_WINDOW // 2, _WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: len(sound) : _BLOCK]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    pieces = np.fft.irfft(np.fft.rfft(windows * hann / 2, _RING) * response, _RING)
    out = np.zeros(len(sound) + _RING)
    for block, piece in enumerate(pieces):
        out[block * _BLOCK : block * _BLOCK + _RING] += piece
    return out[_WINDOW // 2 : _WINDOW // 2 + len(sound)]


def _hiss(size: int, rng: np.random.Generator) -> np.ndarray:
    """Noise around 4.5 kHz, as of s and f."""
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    gain = 0.6 * np.exp(-(((frequency - 4500) / 900) ** 2))
    return np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * gain, size)
