"""The decord backend: what it alone can get wrong. What both must do stands in test_reader.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages.video.decord import decode
from stages.video.encode import write_video
from stages.video.header import Unreadable
from stages.video.pyav import decode as decode_pyav
from stages.video.pyav import read_header
from tests.made.clips import QUICK, numbered


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
def test_frames_are_as_stored_whether_decord_turned_them_or_not(tmp_path: Path, rotation: int, container: str) -> None:
    path = tmp_path / "a"
    images = (np.pad(image, ((0, 32), (0, 96), (0, 0))) for image in numbered(50))
    write_video(path, images, fps=25, rotation=rotation, container=container, options=QUICK)
    header = read_header(str(path))
    for found, wanted in zip(decode(str(path), header, 0.0), decode_pyav(str(path), header, 0.0), strict=True):
        assert found.time == pytest.approx(wanted.time, abs=1e-3)
        assert found.length == pytest.approx(wanted.length, abs=2e-3)
        assert found.image().shape == (96, 160, 3)
        assert np.array_equal(found.image(), wanted.image())


def test_what_decord_cannot_open_names_the_other_backend(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.mp4", tmp_path / "bad.mp4"
    write_video(good, numbered(4), fps=25, options=QUICK)
    bad.write_text("no video")
    with pytest.raises(Unreadable, match=r"bad\.mp4: decord cannot read it .*try --decoder pyav"):
        next(decode(str(bad), read_header(str(good)), 0.0))
