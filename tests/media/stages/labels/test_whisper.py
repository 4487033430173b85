"""Stage audio=whisper on files: a click moves the row of its flash, and what chunks and loudness do to real speech."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from models.speech.whisper import WhisperFeatures
from models.speech.whisper_from_package import FILE
from stages.labels.mel import LogMel
from stages.labels.whisper import WhisperAudio
from tests.made.clips import accepted, clip_of, plain
from tests.made.flash_click import MOMENTS, write_flashes
from tests.root import ROOT

CPU = torch.device("cpu")
LONG = ("clips/dj_3.mp4", "faces/lp_d6.mp4")
"""Of 28 s and more."""


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def features() -> WhisperFeatures:
    return WhisperFeatures(FILE, CPU)


def speech(shared: Path, name: str, seconds: float) -> np.ndarray:
    """The beginning of a real clip's sound."""
    sound = clip_of(shared / name, 0.0, seconds).sound
    assert sound is not None
    return sound


def apart(found: np.ndarray, wanted: np.ndarray) -> float:
    """Root mean square of the difference over that of `wanted` about its mean."""
    return float(np.sqrt(((found - wanted) ** 2).mean() / wanted.var(0).mean()))


def alike(found: np.ndarray, wanted: np.ndarray) -> float:
    """Mean correlation of the numbers over time."""
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(found.T, wanted.T, strict=True)]))


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.webm", "libvpx", "libopus"),
        ("b.mkv", "libx264", "libmp3lame"),
        ("a.mov", "libx264", "pcm_s16le"),
    ],
)
def test_a_click_moves_the_row_of_its_flash_most(
    features: WhisperFeatures, tmp_path: Path, name: str, video: str, audio: str
) -> None:
    """Beside the same sound without that click, so that what the others do to every row is the same."""
    path = tmp_path / name
    write_flashes(path, video, audio)
    clip = clip_of(path)
    bright = np.flatnonzero([frame.image.mean() > 130 for frame in clip.frames])
    assert bright.tolist() == [round(25 * moment) for moment in MOMENTS]
    assert clip.sound is not None
    without = []
    for moment in MOMENTS:
        quiet = clip.sound.copy()
        quiet[round(16_000 * (moment - 0.06)) : round(16_000 * (moment + 0.08))] = 0
        without.append(quiet)
    heard, *silenced = features([clip.sound, *without])
    moved = [int(np.linalg.norm(heard - each, axis=1).argmax()) for each in silenced]
    assert moved == bright.tolist()


@pytest.mark.parametrize("frames", [1, 3, 50])
def test_the_clip_gets_one_row_a_frame(features: WhisperFeatures, frames: int) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, frames * 640 - 100).astype(np.float32)
    out = accepted(WhisperAudio().open()(plain(frames / 25, sound=sound).add(frames=frames)))
    rows = out.arrays["audio"]
    assert (rows.shape, rows.dtype, out.columns) == ((frames, 384), np.float32, {"frames": frames})
    assert rows == pytest.approx(features([np.append(sound, np.zeros(100, np.float32))])[0], abs=1e-5)


def test_a_clip_without_sound_is_given_nothing() -> None:
    clip = plain(2).add(frames=50)
    assert accepted(WhisperAudio().open()(clip)) == clip


def test_the_clips_of_a_batch_have_the_features_they_have_alone(features: WhisperFeatures, samples: Path) -> None:
    sounds = [clip_of(samples / f"talking_{who}.mp4").sound for who in ("man", "woman")]
    given = [sound for sound in sounds if sound is not None]
    given.append(given[0][::-1].copy())
    for sound, answer in zip(given, features(given), strict=True):
        assert answer == pytest.approx(features([sound])[0], abs=1e-3)


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize(("chunk_s", "overlap_s", "most", "least"), [(10.0, 4.0, 0.75, 0.93), (16.0, 4.0, 0.65, 0.95)])
def test_chunks_of_real_speech_are_as_far_from_the_whole_as_is_said(
    features: WhisperFeatures, shared: Path, name: str, chunk_s: float, overlap_s: float, most: float, least: float
) -> None:
    """`WhisperFeatures` says so: most of it is where in a chunk a moment is."""
    sound = speech(shared, name, 28.0)
    whole = features([sound])[0]
    found = WhisperFeatures(FILE, CPU, chunk_s, overlap_s)([sound])[0]
    assert alike(found, whole) > least
    assert 0.4 < apart(found, whole) < most


@pytest.mark.parametrize(("gain", "most", "least"), [(0.3, 0.15, 0.99), (0.1, 0.25, 0.96)])
def test_loudness_hardly_matters_to_real_speech(
    features: WhisperFeatures, shared: Path, gain: float, most: float, least: float
) -> None:
    sound = speech(shared, LONG[0], 10.0)
    loud, quiet = features([sound, gain * sound])
    assert apart(quiet, loud) < most
    assert alike(quiet, loud) > least


def test_it_says_of_itself_what_the_others_of_its_role_do() -> None:
    assert (WhisperAudio.name, WhisperAudio.columns) == (LogMel.name, LogMel.columns)
    assert (WhisperAudio.variant, WhisperAudio.profile, WhisperAudio.weights) == (
        "whisper",
        "open",
        ("whisper_tiny_en",),
    )


_LEAN = """
import sys
import stages.labels.whisper
assert "torch" not in sys.modules, "PyTorch is imported"
"""


def test_a_process_that_only_prepares_clips_imports_no_network() -> None:
    done = subprocess.run([sys.executable, "-c", _LEAN], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
