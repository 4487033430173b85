from __future__ import annotations

from pathlib import Path

import pytest

import catalogs
from catalogs.errors import NoCatalog
from catalogs.summary import summary
from tests.made.sample_spans import FINGERPRINT, RECIPE, stage


def test_counts_add_up(tmp_path: Path) -> None:
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        assert summary(tmp_path) == {
            "clips": 0,
            "accepted": 0,
            "rejected": {},
            "failed": {},
            "sources": 0,
            "video_seconds": 0.0,
            "accepted_seconds": 0.0,
        }
        stage(tmp_path, 1, cuts=2)
        stage(tmp_path, 1, span=1, status="rejected")
        stage(tmp_path, 2, status="rejected", reason="too_short")
        stage(tmp_path, 3, status="rejected")
        stage(tmp_path, 4, status="failed", start_s=None, end_s=None)
        writer.commit()
    expected = {
        "clips": 6,
        "accepted": 2,
        "rejected": {"no_face": 2, "too_short": 1},
        "failed": {"timeout": 1},
        "sources": 4,
        "video_seconds": 5.0,
        "accepted_seconds": 2.0,
    }
    assert summary(tmp_path) == expected
    assert list(summary(tmp_path)["rejected"]) == ["no_face", "too_short"]
    with catalogs.open(tmp_path) as connection:
        assert summary(connection) == expected


def test_without_a_catalog(tmp_path: Path) -> None:
    with pytest.raises(NoCatalog):
        summary(tmp_path / "none")
