"""docs/extend.md: the stage that it shows, and its commands, as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import catalogs
from tests.root import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.usefixtures("one_ray")]
PAGE = (ROOT / "docs" / "extend.md").read_text()


def block(language: str) -> str:
    """The page's only block in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    return found


def test_the_page_does_what_it_says(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "jobs").symlink_to(ROOT / "jobs")
    (tmp_path / "videos").mkdir()
    for name in ("talking_man.mp4", "dark.mp4", "no_face.mp4"):
        shutil.copy(samples / name, tmp_path / "videos")
    (tmp_path / "brightness.py").write_text(block("python"))
    python_first = {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
    command = ["bash", "-ec", block("bash")]
    done = subprocess.run(command, cwd=tmp_path, env=python_first, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "adds clips.brightness: FLOAT, grey value, 0 to 255, mean of the face's crops" in done.stdout
    assert "brightness.minimum=10.0" in done.stdout
    found = catalogs.query(tmp_path / "catalog", "select * from clips order by source_uri").to_pylist()
    assert len(found) == 3
    by_name = {Path(row["source_uri"]).stem: row for row in found}
    assert by_name["talking_man"]["status"] == "accepted"
    assert by_name["talking_man"]["brightness"] > 40
    assert dict(by_name["talking_man"]["seconds"])["brightness"] > 0
    assert by_name["no_face"]["brightness"] is None
    steps = catalogs.query(tmp_path / "catalog", "select len(brightness_steps) n, frames from latents").to_pylist()
    assert all(row["n"] == row["frames"] for row in steps)
