"""Small pictures for the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages.preview.thumbs import HEIGHT, key_thumbs, thumb
from stages.video.encode import write_video
from tests.made.clips import QUICK, clip_of, numbered


@pytest.mark.parametrize(
    ("shape", "size"),
    [((360, 640), (180, 320)), ((1080, 1920), (180, 320)), ((90, 160), (180, 320)), ((100, 4000), (18, 720))],
)
def test_a_thumb_is_as_high_as_it_may_be(shape: tuple[int, int], size: tuple[int, int]) -> None:
    made = thumb(7, np.full((*shape, 3), 99, np.uint8))
    assert made.image.shape == (*size, 3)
    assert made.index == 7
    assert made.scale == pytest.approx(size[0] / shape[0])
    assert (made.image == 99).all()


def test_a_frame_of_one_pixel_has_a_thumb() -> None:
    assert thumb(0, np.zeros((1, 1, 3), np.uint8)).image.shape == (HEIGHT, HEIGHT, 3)


def test_key_thumbs_are_of_the_first_key_frames_of_the_stretch(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(100), fps=25, options={**QUICK, "g": "10", "sc_threshold": "0"})
    clip = clip_of(path, 1.0, 4.0)
    assert [item.index for item in key_thumbs(clip.path, clip.header, 1.0, 4.0)] == [5, 15, 25]
    assert [item.index for item in key_thumbs(clip.path, clip.header, 1.0, 4.0, count=1)] == [5]


def test_key_thumbs_stand_upright(samples: Path) -> None:
    clip = clip_of(samples / "phone_rotated.mp4")
    first = key_thumbs(clip.path, clip.header, 0.0, 4.0)[0]
    assert first.image.shape == (180, 135, 3)
