"""A label more in stages/labels/: one file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import stages.labels
from pipeline.extraction.variants import roles

LABEL = '''
"""Stage brightness: how bright the face is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from stages.clip import Clip, Runner, Stage
from stages.columns import column


@dataclass(frozen=True)
class Brightness(Stage):
    """Adds `brightness`."""

    name: ClassVar[str] = "brightness"
    version: ClassVar[int] = 1
    after: ClassVar[tuple[str, ...]] = ("quality",)
    columns: ClassVar[pa.Schema] = pa.schema([column("brightness", pa.float32(), "grey value", "of the face")])

    def open(self) -> Runner:
        return lambda clip: clip.add(brightness=0.25)
'''


@pytest.fixture
def label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file in stages/labels/ more."""
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "brightness.py").write_text(LABEL)
    monkeypatch.setattr(stages.labels, "__path__", [*stages.labels.__path__, str(folder)])
    roles.cache_clear()
    yield folder / "brightness.py"
    roles.cache_clear()
    sys.modules.pop("stages.labels.brightness", None)
