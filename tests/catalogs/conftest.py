"""Make the helpers of this folder importable whatever pytest's import mode."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where a catalog may be made."""
    return tmp_path / "catalog"
