"""The share of speech: loudness must not change it, noise hardly, and what is no speech has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.shelf import Shelf, clip_of
from models.speech.silero import SileroVad
from stages.clip import AUDIO_RATE
from stages.labels.speech import Speech, even_loudness
from stages.video.pyav import read_header

GAINS = (0.03, 0.1, 3.0)
_SECONDS = 10


def measure(shelf: Shelf, names: tuple[str, ...] = ()) -> Result:
    """Shares at several gains (above 1 clipped) and at a signal-to-noise ratio of 10 dB, of clips that have sound."""
    vad, rows, changes, noisy = SileroVad(), [], [], []
    for name, path in shelf.clips("clips", names):
        sound = _sound(path)
        if sound is None:
            continue
        plain = share(vad, sound)
        other = [share(vad, np.clip(sound * gain, -1, 1)) for gain in GAINS]
        changes.append([abs(s - plain) for s in other])
        noisy.append(abs(share(vad, _with_noise(sound, 10)) - plain))
        rows.append((name, plain, *other, share(vad, _with_noise(sound, 10))))
    rng = np.random.default_rng(0)
    nothing = {
        "silence": np.zeros(_SECONDS * AUDIO_RATE, np.float32),
        "noise": 0.1 * rng.normal(size=_SECONDS * AUDIO_RATE).astype(np.float32),
        "quiet noise": 0.001 * rng.normal(size=_SECONDS * AUDIO_RATE).astype(np.float32),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * np.arange(_SECONDS * AUDIO_RATE) / AUDIO_RATE).astype(np.float32),
    }
    false = {name: share(vad, sound) for name, sound in nothing.items()}
    rows += [(name, value, None, None, None, None) for name, value in false.items()]
    largest = np.max(changes, axis=0)
    findings = [
        *(Finding(f"share_change_at_x{g:g}", float(v), 0.02, "<=") for g, v in zip(GAINS[:2], largest, strict=False)),
        Finding("share_change_at_x3_clipped", float(largest[2]), 0.05, "<="),
        Finding("share_change_at_10_dB_median", float(np.median(noisy)), 0.05, "<="),
        Finding("share_change_at_10_dB_worst", float(np.max(noisy))),
        Finding("share_without_speech", max(false.values()), 0.02, "<="),
    ]
    return Result(tuple(findings), table(("sound", "share", *(f"x{g:g}" for g in GAINS), "10 dB"), rows))


def share(vad: SileroVad, sound: np.ndarray) -> float:
    """The stage's share of speech of sound [S] at 16 kHz."""
    return float(np.mean(vad(even_loudness(sound.astype(np.float32))) > Speech().threshold))


def _sound(path: Path) -> np.ndarray | None:
    return clip_of(path).sound if read_header(str(path)).audio_hz else None


def _with_noise(sound: np.ndarray, decibel: float) -> np.ndarray:
    """White noise under the louder tenth of the sound's 32 ms chunks, which is where somebody speaks."""
    chunks = sound[: len(sound) // 512 * 512].reshape(-1, 512).astype(np.float64)
    loud = np.quantile(np.sqrt((chunks**2).mean(1)), 0.9)
    noise = np.random.default_rng(1).normal(size=len(sound))
    return (sound + noise * loud * 10 ** (-decibel / 20)).astype(np.float32)
