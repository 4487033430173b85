from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import RunError
from pipeline.training.alone import alone_in


def test_one_training_in_a_folder_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    with alone_in(folder), alone_in(tmp_path / "other"):
        assert folder.is_dir()
        with pytest.raises(RunError, match=f"^{folder} is being trained in by process {os.getpid()} on "):
            alone_in(folder).__enter__()
    with alone_in(folder):
        pass
