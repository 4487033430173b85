"""Faces of portraits and of driving videos: found as the tracker finds them, refused with a cause and a next step."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.portrait_tracking import driver_of_video, source_of, source_view, views
from pipeline.faces.scene import Scene
from tests.made.sample_faces import frames_of


def quiet(_: str) -> None:
    """Says nothing."""


def picture(path: Path, image: np.ndarray) -> str:
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return str(path)


def still(samples: Path, name: str) -> np.ndarray:
    return frames_of(samples / f"{name}.mp4", 10)[0]


def test_a_portrait_is_seen_as_a_frame_is(samples: Path, tmp_path: Path, man: FaceCrop) -> None:
    found = source_view(picture(tmp_path / "man.png", still(samples, "talking_man")), 96)
    assert found.picture.shape == (96, 96, 3)
    assert found.landmarks.shape == (468, 3)
    assert np.abs(found.landmarks - man.landmarks).mean() < 0.02
    assert np.abs(found.picture.astype(float) - man.picture).mean() < 10
    height = np.ptp(found.landmarks[:, 1])
    assert height == pytest.approx(2 / 1.9, abs=0.03)
    assert np.abs(found.landmarks.max(0)[:2] + found.landmarks.min(0)[:2]).max() < 0.05


@pytest.mark.parametrize("how", ["whole", "part", "bars"])
def test_a_portrait_s_square_is_what_its_view_shows(samples: Path, tmp_path: Path, how: str) -> None:
    """To a fraction of a pixel of the view: half a one to either side, and less of what is there agrees."""
    image = still(samples, "talking_woman")
    if how == "part":
        image = image[20:330, 180:]
    elif how == "bars":
        image = np.pad(image, ((60, 60), (80, 80), (0, 0)))
    source = source_of(picture(tmp_path / "woman.png", image), 96)
    scene, wanted = Scene.of(source.picture, source.square, 96), source.view.picture.astype(float)

    def off(by: float) -> float:
        square = replace(source.square, x=source.square.x + by * source.square.side / 96)
        found = Scene.of(source.picture, square, 96).detail.crop.astype(float)
        return float(np.abs(found - wanted)[24:70, 8:78].mean())  # where there is a picture

    assert np.array_equal(source.picture, image)
    assert scene.side == 96
    assert off(0) < min(off(-0.5), off(0.5))
    assert off(0) < 4


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("two_people", "several faces in it; cut the picture to one of them"),
        ("no_face", "no human face in it; give a picture of one person"),
        ("far_away", r"face \d+ pixels high, at least 64 wanted; give a larger picture of the same person"),
    ],
)
def test_portraits_that_cannot_be_driven(samples: Path, tmp_path: Path, name: str, why: str) -> None:
    path = picture(tmp_path / "a.png", still(samples, name))
    with pytest.raises(UsageError, match=f"^{re.escape(path)}: {why}"):
        source_view(path, 96)


@pytest.mark.parametrize("name", ["photo_dark_background", "photo_256px", "full_body", "android", "statue", "cartoon"])
def test_photo_drawing_android_statue_and_cartoon(shared: Path, name: str) -> None:
    found = source_view(str(shared / f"portraits/{name}.png"), 96)
    assert np.ptp(found.landmarks[:, 1]) == pytest.approx(2 / 1.9, abs=0.05)


def test_a_dog_is_refused(shared: Path) -> None:
    with pytest.raises(UsageError, match=r"dog\.png: no human face in it"):
        source_view(str(shared / "portraits/dog.png"), 96)


def test_a_driver_has_its_frames_and_sound(samples: Path) -> None:
    told: list[str] = []
    driver = driver_of_video(str(samples / "talking_man.mp4"), 96, told.append)
    assert driver.frames == 125
    assert driver.left_out_s == 0
    assert driver.sound is not None
    assert driver.sound.shape == (80_000,)
    assert told[-1] == "driver: frame 125 of 125"
    some = views(driver.track, 10, 14)
    whole = driver.track.unit_landmarks()[10:14]
    assert np.abs(np.stack([view.landmarks for view in some]) - whole).max() < 1e-5
    assert all(np.array_equal(view.picture, driver.track.crops[10 + i]) for i, view in enumerate(some))


def test_only_the_first_shot_drives(samples: Path) -> None:
    driver = driver_of_video(str(samples / "scene_change.mp4"), 96, quiet)
    assert driver.frames == 90
    assert driver.left_out_s == pytest.approx(3.6, abs=0.05)
    assert driver.sound is not None
    assert driver.sound.shape == (90 * 640,)


def test_a_driver_without_sound(samples: Path) -> None:
    assert driver_of_video(str(samples / "no_audio.mp4"), 96, quiet).sound is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_face.mp4", "no face in .* frames; give a video of one person"),
        ("two_people.mp4", "2 faces at most, .*; cut the video to one of them"),
        ("face_leaves.mp4", "no face in .* of the frames, .*; cut the video to where the face is seen"),
        ("far_away.mp4", "face .* pixels high, .*; give a video in which the face is larger"),
        ("truncated.mp4", "replace or remove the file"),
        ("not_a_video.mp4", "replace or remove the file"),
        ("none.mp4", "no such file; check the path"),
    ],
)
def test_drivers_that_cannot_drive(samples: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=rf"{re.escape(name)}: .*{why}") as error:
        driver_of_video(str(samples / name), 96, quiet)
    assert "\n" not in str(error.value)
