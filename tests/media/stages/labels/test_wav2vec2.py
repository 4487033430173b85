"""Audio by Wav2Vec2: what the network is shown of a clip, and what the clip gets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import stages.labels.wav2vec2 as stage
from models.speech.wav2vec2 import Wav2Vec2Features
from stages.clip import Clip
from stages.labels.mel import LogMel
from stages.labels.wav2vec2 import Wav2Vec2Audio
from tests.made import random_wav2vec2
from tests.made.clips import accepted, clip_of, plain
from tests.root import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_wav2vec2.write(tmp_path_factory.mktemp("wav2vec2"), config=random_wav2vec2.TINY)


@pytest.fixture
def registered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small network with random weights, as what the registry calls wav2vec2."""
    entries = {"wav2vec2": SimpleNamespace(path=lambda: folder)}
    monkeypatch.setattr(stage, "weights", entries.__getitem__)
    monkeypatch.setenv("VASARI_DEVICE", "cpu")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield folder
    torch.set_num_threads(threads)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def heard(sound: np.ndarray | None, frames: int) -> Clip:
    return plain(frames / 25, sound=sound).add(frames=frames)


@given(st.integers(1, 200), st.integers(-2000, 2000))
def test_the_network_is_shown_whole_frames_of_sound(frames: int, extra: int) -> None:
    sound = noise(max(0, frames * 640 + extra))
    (item,) = Wav2Vec2Audio().items(heard(sound, frames))
    assert (item.shape, item.dtype, item.flags.c_contiguous) == ((frames * 640,), np.float32, True)
    both = min(len(item), len(sound))
    assert (item[:both] == sound[:both]).all()
    assert not item[both:].any()


def test_a_clip_without_sound_is_shown_and_given_nothing(registered: Path) -> None:
    clip = heard(None, 50)
    assert Wav2Vec2Audio().items(clip) == []
    assert accepted(Wav2Vec2Audio().open()(clip)) == clip


@pytest.mark.parametrize("frames", [1, 3, 50, 101])
def test_the_clip_gets_one_row_a_frame(registered: Path, frames: int) -> None:
    sound = noise(frames * 640 - 100)
    out = accepted(Wav2Vec2Audio().open()(heard(sound, frames)))
    rows = out.arrays["audio"]
    assert (rows.shape, rows.dtype) == ((frames, 48), np.float32)
    assert out.columns == {"frames": frames}
    padded = np.append(sound, np.zeros(100, np.float32))
    assert rows == pytest.approx(Wav2Vec2Features(registered)([padded])[0], abs=1e-6)


def test_the_sound_of_a_file_gives_a_row_a_frame(registered: Path, samples: Path) -> None:
    clip = clip_of(samples / "talking_man.mp4")
    frames = round(clip.seconds * 25)
    out = accepted(Wav2Vec2Audio().open()(clip.add(frames=frames)))
    assert out.arrays["audio"].shape == (frames, 48)
    assert np.isfinite(out.arrays["audio"]).all()


def test_parameters_reach_the_network(registered: Path) -> None:
    sound = noise(80_000)
    stage_of = Wav2Vec2Audio(layer=1, chunk_s=3, overlap_s=0.5)
    rows = accepted(stage_of.open()(heard(sound, 125))).arrays["audio"]
    assert rows == pytest.approx(Wav2Vec2Features(registered, layer=1, chunk_s=3, overlap_s=0.5)([sound])[0], abs=1e-6)
    assert np.abs(rows - Wav2Vec2Features(registered, layer=1)([sound])[0]).max() > 1e-3
    assert np.abs(rows - Wav2Vec2Features(registered, chunk_s=3, overlap_s=0.5)([sound])[0]).max() > 1e-3


def test_it_takes_the_place_of_the_open_stage() -> None:
    assert Wav2Vec2Audio.columns == LogMel.columns
    assert (Wav2Vec2Audio.name, Wav2Vec2Audio.variant, Wav2Vec2Audio.weights) == (
        LogMel.name,
        "wav2vec2",
        ("wav2vec2",),
    )


_LEAN = """
import sys
import stages.labels.wav2vec2
assert "torch" not in sys.modules, "PyTorch is imported"
assert "models.speech.wav2vec2" not in sys.modules
"""


def test_a_process_that_only_prepares_clips_imports_no_network() -> None:
    done = subprocess.run([sys.executable, "-c", _LEAN], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
