"""Picture and sound of one moment are one moment, in every container, from the beginning and from the middle."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from stages.video.pyav import read_header
from tests.made.flash_click import MOMENTS, SECONDS, offsets, write_flashes

HALF_A_FRAME = 0.5 / 25

FILES = [
    ("a.mp4", "libx264", "aac"),
    ("b.mp4", "libx264", "libmp3lame"),
    ("a.mov", "libx264", "pcm_s16le"),
    ("a.m4v", "mpeg4", "aac"),
    ("a.3gp", "libx264", "aac"),
    ("a.f4v", "libx264", "aac"),
    ("a.mkv", "libx264", "libopus"),
    ("b.mkv", "libx264", "libmp3lame"),
    ("a.webm", "libvpx", "libopus"),
    ("a.avi", "libx264", "libmp3lame"),
    ("b.avi", "mpeg4", "libmp3lame"),
    ("c.avi", "mpeg4", "pcm_s16le"),
    ("d.avi", "libx264", "aac"),
    ("e.avi", "mpeg4", "ac3"),
    ("a.ts", "libx264", "aac"),
    ("b.ts", "mpeg2video", "mp2"),
    ("a.m2ts", "libx264", "ac3"),
    ("a.mpg", "mpeg2video", "mp2"),
    ("b.mpg", "mpeg1video", "mp2"),
    ("a.flv", "libx264", "aac"),
    ("b.flv", "flv", "libmp3lame"),
    ("a.nut", "libx264", "pcm_s16le"),
    ("a.mxf", "mpeg2video", "pcm_s16le"),
]


@pytest.mark.parametrize(("name", "video", "audio"), FILES, ids=[f"{n}-{v}-{a}" for n, v, a in FILES])
def test_flash_and_click_come_together(tmp_path: Path, name: str, video: str, audio: str) -> None:
    path = tmp_path / name
    bframes = {"bf": "2"} if video == "mpeg4" else {}
    write_flashes(path, video, audio, rate=44_100 if "flv" in name else 48_000, options=bframes)
    assert read_header(str(path)).duration == pytest.approx(SECONDS, abs=0.05)
    whole, part = offsets(path), offsets(path, 2.0, 5.0)
    assert (len(whole), len(part)) == (len(MOMENTS), 2)
    assert max(map(abs, whole + part)) < HALF_A_FRAME


def test_dv_and_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.dv"
    fps = Fraction(30_000, 1001)
    moments = [float(30 / fps), float(72 / fps)]
    write_flashes(path, "dvvideo", "pcm_s16le", fps=fps, size=(720, 480), seconds=4, moments=moments)
    assert read_header(str(path)).fps == pytest.approx(29.97, abs=0.01)
    assert max(map(abs, offsets(path))) < HALF_A_FRAME
