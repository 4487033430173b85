"""A stage from outside the project, whole or with a fault, as a module of the current folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HEAD = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
import pyarrow as pa
from stages.clip import Clip, Outcome, Reject, Runner, Stage
from stages.columns import column, per_frame
"""

WHOLE = """
@dataclass(frozen=True)
class Bright(Stage):
    minimum: float = 0.0
    name: ClassVar[str] = "bright"
    version: ClassVar[int] = 1
    after: ClassVar[tuple[str, ...]] = ("track",)
    columns: ClassVar[pa.Schema] = pa.schema([column("bright", pa.float32(), "grey value", "mean of the crops")])
    arrays: ClassVar[pa.Schema] = pa.schema([per_frame("glow", "grey value", "[T, 1] of each crop", dim=1)])

    def open(self) -> Runner:
        return self.run

    def run(self, clip):
        glow = np.array([[crop.mean()] for crop in clip.tracked().crops])
        return clip.add(bright=float(glow.mean())).add_arrays(glow=glow)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; what is imported from it and what the search path becomes are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return tmp_path


def write(here: Path, change: tuple[str, str] = ("", ""), name: str = "mine") -> str:
    old, new = change
    assert old in WHOLE
    (here / f"{name}.py").write_text(HEAD + WHOLE.replace(old, new, 1) if old else HEAD + WHOLE)
    return f"{name}:Bright"
