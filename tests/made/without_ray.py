"""Extractions without Ray, for the conftest.py of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.extraction import probe_worker, span_worker
from tests.made import faulty, inline


@pytest.fixture
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extractions run here (inline.py)."""
    inline.leave_ray_out(monkeypatch)
    for workers in (probe_worker, span_worker):
        monkeypatch.setattr(workers, "Child", inline.Inline)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three videos: one passes, one is rejected, one fails."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for seed, name in enumerate(("a", "reject_b", "raise_c")):
        faulty.tiny_video(folder / f"{name}.mp4", seed)
    return folder


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return tmp_path / "catalog"
