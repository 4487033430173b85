"""Windows as the network takes them: what is standardised, what is there and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from catalogs.windows import WindowBatch, open_windows
from models.motion.space import MotionSpace
from models.motion.statistics import Statistics
from pipeline.motion.examples import standardised
from tests.made.motion_catalog import AUDIO, DYNAMICS, MadeClip, motion_catalog

W, K = 8, 3
TOLD = {"gaze_theta": 3.0, "gaze_phi": -4.0, "distance": 0.75, "emotion": {"happiness": 0.5}}
SILENT = {"gaze_theta": None, "gaze_phi": None, "distance": None, "emotion": None}
CLIPS = (MadeClip(40, more=TOLD), MadeClip(16, audio=None, more=SILENT), MadeClip(5, more=TOLD))


@pytest.fixture
def batch(root: Path, tmp_path: Path) -> WindowBatch:
    """An epoch of three clips: one of which all is told, one without sound of which nothing is, one short one."""
    motion_catalog(root, CLIPS)
    reader = open_windows(root, window=W, previous=K, cache=tmp_path / "cache")
    return reader[range(len(reader))]


@pytest.fixture
def statistics(batch: WindowBatch) -> Statistics:
    """Of other data than the batch."""
    found, random = Statistics(MotionSpace(DYNAMICS, AUDIO, batch.emotion.shape[1])), torch.Generator().manual_seed(0)
    for part in found.children():
        part.fit([4 + 3 * torch.randn(50, len(part.mean), generator=random)])  # type: ignore[arg-type, operator]
    return found


def test_motion_and_what_was_before_are_the_windows_in_units_of_the_statistics(
    batch: WindowBatch, statistics: Statistics
) -> None:
    x0, conditions = standardised(batch, statistics, K)
    motion = torch.cat([batch.pose, batch.dynamics], 2)
    there = batch.valid[:, K:]
    assert torch.equal(conditions.frames, there)
    back = statistics.motion.inverse(x0)
    assert torch.allclose(back[there], motion[:, K:][there], atol=1e-4)
    assert not x0[~there].any()
    assert torch.equal(conditions.has_previous, batch.start >= K)
    assert conditions.has_previous.any()
    assert not conditions.has_previous.all()
    known = conditions.has_previous
    before = statistics.motion.inverse(conditions.previous_motion)
    assert torch.allclose(before[known], motion[known, :K], atol=1e-4)


def test_sound_is_there_where_the_clip_has_frames_and_sound(batch: WindowBatch, statistics: Statistics) -> None:
    _, conditions = standardised(batch, statistics, K)
    heard = batch.valid[:, K:] & batch.has_audio[:, None]
    assert torch.equal(conditions.has_audio, heard)
    assert torch.allclose(statistics.audio.inverse(conditions.audio)[heard], batch.audio[:, K:][heard], atol=1e-3)
    assert not conditions.audio[~heard].any()
    silent = ~batch.has_audio & conditions.has_previous
    assert silent.any()
    assert not conditions.previous_audio[silent].any()


def test_labels_are_standardised_where_they_are_known(batch: WindowBatch, statistics: Statistics) -> None:
    _, conditions = standardised(batch, statistics, K)
    for name in ("gaze", "distance", "emotion"):
        known, said = conditions.has(name), getattr(conditions, name)
        assert torch.equal(known, batch.has_audio)  # what is told nothing of has no sound either
        back = getattr(statistics, name).inverse(said)
        assert torch.allclose(back[known], getattr(batch, name)[known], atol=1e-5)
        assert not said[~known].any()


def test_without_frames_before_there_is_nothing_before(root: Path, tmp_path: Path) -> None:
    motion_catalog(root, CLIPS)
    reader = open_windows(root, window=W, previous=0, cache=tmp_path / "cache")
    batch = reader[range(4)]
    _, conditions = standardised(batch, Statistics(MotionSpace(DYNAMICS, AUDIO, batch.emotion.shape[1])), 0)
    assert not conditions.has_previous.any()
    assert conditions.previous_motion.shape == (4, 0, 6 + DYNAMICS)
