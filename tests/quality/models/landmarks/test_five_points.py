"""The aligned crop: the fit gives back what was put in, and on real clips what Deep3DFaceRecon's own crops were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detection.face_finder import FaceFinder
from models.landmarks.canonical_face import canonical_face, mirror_index
from models.landmarks.five_points import SIZE, STANDARD, STANDARD_SCALE, align, five_points
from models.landmarks.head_pose import rotation_of
from tests.made.sample_faces import frames_of, landmarks_of

# frontal, turned, nodding and tilted heads of both sources
CLIPS = ("mead_M030_neutral", "mead_W009_fear", "st_04", "st_09", "st_16", "st_18", "st_22", "st_24")
FRAME = 40


def test_the_standard_points_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "golden" / "networks.json").read_text())["deep3d"]["standard_five_points_xyz"]
    assert pytest.approx(np.array(published), abs=1e-8) == STANDARD
    with pytest.raises(ValueError, match="read-only"):
        STANDARD[0] = 0


@given(st.floats(5, 400), st.floats(-500, 2000), st.floats(-500, 2000))
def test_an_upright_face_is_found_where_it_is(size: float, x: float, y: float) -> None:
    """Points of the standard face, `size` pixels a unit, whose origin lies at (x, y); the image's y points down."""
    found = align((STANDARD[:, :2] * [size, -size] + [x, y])[None])
    assert found.scale == pytest.approx(STANDARD_SCALE / size)
    assert found.centre[0] == pytest.approx([x, y], abs=1e-6)


@given(st.integers(0, 1000), st.floats(5, 400))
def test_a_turned_face_has_the_same_scale(seed: int, size: float) -> None:
    rows, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    found = align((size * STANDARD @ rows[:, :2])[None])
    assert found.scale == pytest.approx(STANDARD_SCALE / size)
    assert found.centre[0] == pytest.approx([0, 0], abs=1e-6)


def test_the_fit_is_the_eight_parameter_least_squares() -> None:
    """Written out as one system of ten equations, y from below as the published code has it."""
    height = 360
    points = np.random.default_rng(2).uniform(0, 300, (3, 5, 2))
    found = align(points).published((height, 640))
    for face, row in zip(points, found, strict=True):
        system, right = np.zeros((10, 8)), np.zeros(10)
        system[0::2, :3], system[0::2, 3] = STANDARD, 1
        system[1::2, 4:7], system[1::2, 7] = STANDARD, 1
        right[0::2], right[1::2] = face[:, 0], height - 1 - face[:, 1]
        k = np.linalg.lstsq(system, right, rcond=None)[0]
        size = (np.linalg.norm(k[:3]) + np.linalg.norm(k[4:7])) / 2
        assert row == pytest.approx([640, height, STANDARD_SCALE / size, k[3], k[7]])


def test_the_crop_is_that_of_the_published_code() -> None:
    """There the picture is resized by the scale (edges of pixels stay edges) and a square is cut out around (x, y)."""
    found = align((STANDARD[:, :2] * [80, -80] + [300, 200])[None])
    height = 360
    _, _, scale, x, y = found.published((height, 640))[0]
    left = 640 * scale / 2 - SIZE / 2 + (x - 640 / 2) * scale
    top = height * scale / 2 - SIZE / 2 + (height / 2 - y) * scale
    matrix = found.matrix(0, height)
    for pixel in ([0, 0], [300, 200], [639, 359]):
        resized = (np.array(pixel) + 0.5) * scale - 0.5
        assert matrix @ [*pixel, 1] == pytest.approx(resized - [left, top])
    assert matrix @ [300, 200, 1] == pytest.approx([SIZE / 2, SIZE / 2], abs=1.2)


def test_points_are_eyes_nose_and_mouth_in_the_images_order() -> None:
    face = canonical_face()
    left, right, nose, left_mouth, right_mouth = five_points(face[None])[0]
    assert left[0] < 0 < right[0]
    assert left_mouth[0] < 0 < right_mouth[0]
    assert left[1] < nose[1] < left_mouth[1]
    mirrored = (face * [-1, 1, 1])[mirror_index()]
    assert five_points(mirrored[None])[0] == pytest.approx(
        np.array([right, left, nose, right_mouth, left_mouth]) * [-1, 1], abs=1e-6
    )


@given(st.floats(-30, 30), st.floats(-20, 20), st.floats(-40, 40))
def test_turning_the_head_hardly_changes_its_scale(yaw: float, pitch: float, roll: float) -> None:
    def scale(turn: tuple[float, float, float]) -> float:
        return float(align(five_points((10 * canonical_face() @ rotation_of(np.array([turn]))[0].T)[None])).scale[0])

    assert scale((pitch, yaw, roll)) == pytest.approx(scale((0, 0, 0)), rel=0.08)


@pytest.mark.parametrize("name", CLIPS)
def test_real_crops(shared: Path, finder: FaceFinder, name: str) -> None:
    """From our landmarks: scale within 5 %, offset within 6 pixels of a 256-pixel frame (docs/labels.md: all clips)."""
    (image,) = frames_of(shared / "faces" / f"{name}.mp4", FRAME)
    found = align(five_points(landmarks_of(image, finder)[None])).published(image.shape[:2])[0]
    published = np.load(shared / "golden" / "deep3d.npz")[f"{name}/transform"][FRAME]
    assert found[:2].tolist() == published[:2].tolist()
    assert found[2] == pytest.approx(published[2], rel=0.05)
    assert found[3:] == pytest.approx(published[3:], abs=6)
