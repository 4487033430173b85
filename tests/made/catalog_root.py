"""Where tests make their catalogs."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where a catalog may be made."""
    return tmp_path / "catalog"
