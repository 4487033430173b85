"""Promise: memory does not grow with the length of a clip or the number of clips."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.child import Child
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.tasks import SpanTask, spans
from stages.video.encode import write_video
from stages.video.pyav import read_header
from stages.video.reader import read
from stages.video.sound import read_sound

pytestmark = pytest.mark.slow


def peak_mb(child: Child) -> float:
    """The highest resident memory of the child so far."""
    assert child.pid is not None
    status = Path(f"/proc/{child.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def test_a_long_source_needs_no_more_memory_than_its_first_spans(samples: Path, tmp_path: Path) -> None:
    source = str(samples / "talking_woman.mp4")
    header = read_header(source)
    pictures = [frame.image for frame in read(source, header, 0, 4.6)]
    sound = read_sound(source, header, 0, 4.6)
    assert sound is not None
    rounds = 11
    there_and_back = [frame for k in range(rounds) for frame in (pictures if k % 2 == 0 else pictures[::-1])]
    path = str(tmp_path / "long.mp4")
    write_video(path, there_and_back, fps=25, audio=np.tile(sound, rounds), options={"preset": "ultrafast"})
    recipe = make_recipe(max_seconds=10)
    pieces = spans(0, read_header(path).duration, recipe.max_seconds)
    assert len(pieces) >= 5
    child, peaks = Child(), []
    for index, piece in enumerate(pieces):
        job = SpanTask(path, "0" * 32, "0" * 32, index, len(pieces), *piece, None, None)
        built = child.call("pipeline.extraction.span:extract", recipe, job, path, "run", seconds=200)
        assert built["clips"]["status"].to_pylist() == ["accepted"]
        peaks.append(peak_mb(child))
    child.close()
    assert peaks[-1] < 1.15 * peaks[1], peaks
