from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.planting.catalog import planted_clips, write_planted
from models.motion.presets import MotionPreset
from pipeline.motion.motion_task import MotionTask
from pipeline.motion.prepare import MotionData, fitted, opened
from pipeline.motion.settings import MotionTraining

PRESET = MotionPreset("small", layers=1, width=16, heads=2, window=12, previous=3, dropout=0.2)
TRAINING = MotionTraining(steps=6, batch=8, held_out_subjects=(2, 3), precision="fp32", warm_up=2, leading=0.0)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of twelve people."""
    root = tmp_path_factory.mktemp("planted") / "catalog"
    write_planted(root, planted_clips(12, 40))
    return root


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where latents are copied to, unless somebody says otherwise."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(planted: Path, cache: Path) -> MotionData:
    return opened(str(planted), "", TRAINING, PRESET, cache)


@pytest.fixture
def task(data: MotionData) -> MotionTask:
    return MotionTask(TRAINING, PRESET, data.space, fitted(data.space, data.train), data.train)
