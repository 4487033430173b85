"""Features of sound that comes in pieces: those of the whole, however it is cut."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.speech.chunks import faded
from models.speech.whisper import WhisperFeatures
from models.weights.registry import weights
from pipeline.errors import UsageError
from pipeline.generation.speech import SpeechFeatures, features_of
from stages.labels.mel import LogMel
from tests.made.motion_file import WHISPER

FRAME = 640


def told(sound: np.ndarray) -> np.ndarray:
    """A row a frame: its mean, and where in what was seen it lies, as networks with positions say too."""
    rows = sound.reshape(-1, FRAME)
    return np.column_stack([rows.mean(1), np.arange(len(rows))]).astype(np.float32)


def noise(frames: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(round(frames * FRAME)).astype(np.float32)


def cut(sound: np.ndarray, places: list[int]) -> Iterator[np.ndarray]:
    ends = sorted(min(place, len(sound)) for place in places)
    return iter(np.split(sound, ends))


FEATURES = SpeechFeatures(told, chunk_s=0.4, overlap_s=0.12)  # 10 frames, of which 3 are shared


@given(st.integers(0, 40 * FRAME), st.lists(st.integers(0, 40 * FRAME), max_size=6))
def test_however_a_sound_is_cut_its_features_are_the_same(length: int, places: list[int]) -> None:
    sound = noise(40)[:length]
    whole = list(FEATURES([sound]))
    pieces = list(FEATURES(cut(sound, places)))
    assert sum(map(len, pieces)) == -(-length // FRAME)
    if length:
        torch.testing.assert_close(torch.cat(pieces), torch.cat(whole), rtol=0, atol=0)


@pytest.mark.parametrize("frames", [10.5, 13, 17, 24, 24.2, 31])
def test_a_long_sound_is_seen_in_chunks_that_fade_into_each_other(frames: float) -> None:
    sound = noise(frames)
    count = int(np.ceil(frames))
    padded = np.pad(sound, (0, count * FRAME - len(sound)))
    starts = [start for start in range(0, count, 7) if start == 0 or start + 3 < count]
    places = [(start, min(start + 10, count)) for start in starts]
    chunks = [torch.from_numpy(told(padded[a * FRAME : b * FRAME])) for a, b in places]
    torch.testing.assert_close(torch.cat(list(FEATURES([sound]))), faded(chunks, places))


def test_a_chunk_is_given_as_soon_as_it_is_there() -> None:
    asked = []

    def pieces() -> Iterator[np.ndarray]:
        for i in range(40):
            asked.append(i)
            yield noise(1, i)

    next(FEATURES(pieces()))
    assert len(asked) == 10


@settings(max_examples=3)
@given(st.lists(st.integers(0, 16_000), max_size=3))
def test_whisper_hears_a_short_sound_as_the_stage_does(places: list[int]) -> None:
    sound = noise(24.3)
    expected = WhisperFeatures(weights("whisper_tiny_en").path())([np.pad(sound, (0, 25 * FRAME - len(sound)))])[0]
    found = torch.cat(list(features_of(WHISPER)(cut(sound, places))))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_a_recipe_says_which_features_and_in_which_chunks() -> None:
    features = features_of({**WHISPER, "chunk_s": 12.0, "overlap_s": 2.0})
    assert (features.chunk_s, features.overlap_s) == (12.0, 2.0)
    sound = noise(6)
    (found,) = features_of({"variant": "logmel", "version": 1, "mels": 40, "hops": 2})([sound])
    np.testing.assert_allclose(found.numpy(), LogMel(mels=40, hops=2).features(sound, 6))


def test_features_that_are_not_there() -> None:
    with pytest.raises(UsageError, match="trained on features of sound 'lips', there are: .*whisper"):
        features_of({"variant": "lips"})
