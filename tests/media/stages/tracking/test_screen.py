"""The cheap gate: what key frames show beyond doubt is rejected, what they leave open is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from stages.clip import Clip, Runner
from stages.tracking.screen import Screen
from stages.video.encode import write_video
from tests.made.clips import QUICK, accepted, clip_of, filled_up, rejected


@pytest.fixture(scope="module")
def screen() -> Runner:
    return Screen().open()


@pytest.fixture(scope="module")
def stills(samples: Path) -> dict[str, np.ndarray]:
    """One picture each of: one face, two faces, none."""
    names = {"one": "talking_man", "two": "two_people", "none": "no_face"}
    return {kind: next(clip_of(samples / f"{name}.mp4", 1.0).frames).image for kind, name in names.items()}


def shots(folder: Path, pictures: Sequence[np.ndarray]) -> Clip:
    """A clip that shows each picture for half a second, each on a key frame; all cut to one size."""
    path = folder / "a.mp4"
    frames = (picture[:360, :640] for picture in pictures for _ in range(5))
    write_video(path, frames, fps=10, options={**QUICK, "g": "5", "sc_threshold": "0"})
    return clip_of(path)


def test_no_face_in_any_key_frame(screen: Runner, stills: dict[str, np.ndarray], tmp_path: Path) -> None:
    out = rejected(screen(shots(tmp_path, [stills["none"]] * 8)))
    assert (out.reason, out.detail) == ("no_face", "no face in 8 key frames")
    assert out.clip.columns["faces_max"] == 0


def test_several_faces_in_all_key_frames(screen: Runner, stills: dict[str, np.ndarray], tmp_path: Path) -> None:
    out = rejected(screen(shots(tmp_path, [stills["two"]] * 8)))
    assert (out.reason, out.detail) == ("several_faces", "up to 2 faces, several in 100% of 8 key frames")
    assert out.clip.columns["faces_max"] == 2


@pytest.mark.parametrize(
    ("kinds", "most"), [("one " * 8, 1), ("none " * 7 + "one", 1), ("two " * 4 + "one " * 4, 2), ("none none", 0)]
)
def test_what_is_not_beyond_doubt_is_left_to_the_tracker(
    screen: Runner, stills: dict[str, np.ndarray], tmp_path: Path, kinds: str, most: int
) -> None:
    """One face, a face at the end, two people in half of it, or too few key frames."""
    clip = shots(tmp_path, [stills[kind] for kind in kinds.split()])
    out = accepted(screen(clip))
    assert out.columns["faces_max"] == most
    assert out.faces is not None
    assert out.faces.counts == ()
    assert (out.faces.ratio, out.faces.share) == (Screen().ratio, Screen().share)


@pytest.mark.parametrize("blur", [3.0, 15.0])
def test_a_blurred_copy_beside_the_picture_is_not_looked_at(
    screen: Runner, stills: dict[str, np.ndarray], tmp_path: Path, blur: float
) -> None:
    filled = filled_up(stills["one"][:, 170:372], 640, 360, blur)
    out = accepted(screen(shots(tmp_path, [filled] * 4)))
    assert out.columns["faces_max"] == 1
    assert out.inset is not None
    assert (out.inset.left, out.inset.right, out.inset.size[0]) == pytest.approx((218, 420, 360), abs=2)


def test_two_people_beside_each_other_have_no_inner_picture(
    screen: Runner, stills: dict[str, np.ndarray], tmp_path: Path
) -> None:
    assert rejected(screen(shots(tmp_path, [stills["two"]] * 4))).clip.inset is None
    assert accepted(screen(shots(tmp_path, [stills["one"]] * 4))).inset is None


def test_only_so_many_key_frames_are_looked_at(stills: dict[str, np.ndarray], tmp_path: Path) -> None:
    out = rejected(Screen(samples=4).open()(shots(tmp_path, [stills["none"]] * 8)))
    assert out.detail == "no face in 4 key frames"


def test_a_stretch_is_judged_by_its_own_key_frames(
    screen: Runner, stills: dict[str, np.ndarray], tmp_path: Path
) -> None:
    whole = shots(tmp_path, [*[stills["one"]] * 4, *[stills["none"]] * 4])
    accepted(screen(whole))
    assert rejected(screen(clip_of(Path(whole.path), 2.0, 4.0))).detail == "no face in 4 key frames"


def test_a_small_second_face_counts_by_the_ratio(stills: dict[str, np.ndarray], tmp_path: Path) -> None:
    clip = shots(tmp_path, [stills["two"]] * 4)
    assert accepted(Screen(ratio=1.01).open()(clip)).columns["faces_max"] == 1
    assert rejected(Screen(ratio=0.1).open()(clip)).reason == "several_faces"


def test_the_weights_are_those_of_the_detector() -> None:
    assert Screen().weights == ("blazeface_full", "blazeface_short", "face_mesh", "canonical_face")
    assert Screen(detector="scrfd").weights == ("scrfd", "face_mesh", "canonical_face")
