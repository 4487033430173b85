"""Cutting patches: where they lie, to a fraction of a pixel, mirrored or not, shrunk or not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.runtime.image import cut, letterbox, shrunk, similarity, to_frame

HEIGHT, WIDTH = 240, 320


def smooth(seed: int = 0) -> np.ndarray:
    """A picture without fine detail."""
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 14)
    return np.clip(128 + 45 * soft / soft.std(), 0, 255).astype(np.uint8)


def ramp() -> np.ndarray:
    """A picture that says where each pixel lies: red is x, green is y. In floats, so that no rounding hides a shift."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([x, y, np.zeros_like(x)], -1).astype(np.float32)


SMOOTH, RAMP = smooth(), ramp()

matrices = st.builds(
    lambda x, y, width, angle, size: (similarity(np.array([x, y]), width, angle, size), size),
    st.floats(80, 240),
    st.floats(80, 160),
    st.floats(20, 100),
    st.floats(-3, 3),
    st.sampled_from([16, 48, 64]),
)


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(1, 900), st.floats(-3.2, 3.2), st.integers(2, 300))
def test_the_square_s_middle_and_axes_land_on_the_patch(
    x: float, y: float, width: float, angle: float, size: int
) -> None:
    matrix = similarity(np.array([x, y]), width, angle, size)
    along = np.array([np.cos(angle), np.sin(angle)]) * width / 2
    middle = matrix @ [x, y, 1]
    right = matrix @ [x + along[0], y + along[1], 1]
    below = matrix @ [x - along[1], y + along[0], 1]
    assert middle == pytest.approx([(size - 1) / 2] * 2, abs=1e-6)
    assert right - middle == pytest.approx([size / 2, 0], abs=1e-6)
    assert below - middle == pytest.approx([0, size / 2], abs=1e-6)


@given(matrices, st.integers(0, 9))
def test_to_frame_undoes_the_matrix(matrix_size: tuple[np.ndarray, int], seed: int) -> None:
    matrix, _ = matrix_size
    points = np.random.default_rng(seed).uniform(-50, 400, (7, 3))
    patch = np.column_stack([points[:, :2] @ matrix[:, :2].T + matrix[:, 2], points[:, 2] * np.hypot(*matrix[0, :2])])
    assert to_frame(patch, matrix) == pytest.approx(points, abs=1e-6)
    assert to_frame(patch[:, :2], matrix) == pytest.approx(points[:, :2], abs=1e-6)
    assert patch.shape == (7, 3)


def test_a_patch_that_does_not_shrink_by_two_is_a_plain_warp() -> None:
    for width in (20.0, 64.0, 127.0):
        matrix = similarity(np.array([150.3, 99.8]), width, 0.4, 64)
        direct = cv2.warpAffine(SMOOTH, matrix, (64, 64), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        assert np.array_equal(cut(SMOOTH, matrix, 64), direct)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(130, 190),
    st.floats(90, 150),
    st.floats(40, 110),
    st.floats(-3, 3),
    st.sampled_from([12, 16, 24, 32]),
)
def test_every_patch_pixel_shows_the_frame_s_point_under_it(
    x: float, y: float, width: float, angle: float, size: int
) -> None:
    matrix = similarity(np.array([x, y]), width, angle, size)
    patch = cut(RAMP, matrix, size)
    rows, columns = np.mgrid[:size, :size].reshape(2, -1)
    wanted = to_frame(np.column_stack([columns, rows]).astype(float), matrix)
    # OpenCV rounds coordinates to 1/32 of a pixel of what it warps, here of a frame shrunk up to 9 times
    factor = max(1, int(width / size))
    assert np.abs(patch[rows, columns, :2] - wanted).max() <= factor / 16


@settings(max_examples=30, deadline=None)
@given(st.floats(130, 190), st.floats(90, 150), st.floats(66, 110), st.floats(-3, 3))
def test_shrinking_a_smooth_picture_agrees_with_the_plain_warp(x: float, y: float, width: float, angle: float) -> None:
    matrix = similarity(np.array([x, y]), width, angle, 16)
    direct = cv2.warpAffine(SMOOTH, matrix, (16, 16), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    difference = np.abs(cut(SMOOTH, matrix, 16).astype(int) - direct)
    # at most 1.52, where a frame shrunk six times lies on the patch's grid exactly; 1.37 in 4,000 others
    assert difference.mean() < 1.6
    assert difference.max() <= 8


def test_shrinking_does_not_alias() -> None:
    board = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    board[(np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) % 2).astype(bool)] = 255
    matrix = similarity(np.array([160.0, 120.0]), 150.0, 0.0, 32)
    plain = cv2.warpAffine(board, matrix, (32, 32), flags=cv2.INTER_LINEAR)
    assert np.ptp(plain.astype(int)) > 60
    assert np.abs(cut(board, matrix, 32).astype(int) - 127.5).max() <= 1


@settings(max_examples=30, deadline=None)
@given(matrices)
def test_a_mirrored_frame_gives_the_mirrored_patch(matrix_size: tuple[np.ndarray, int]) -> None:
    matrix, size = matrix_size
    flip = np.array([[-1, 0, WIDTH - 1], [0, 1, 0], [0, 0, 1]], float)
    patch_flip = np.array([[-1, 0, size - 1], [0, 1, 0], [0, 0, 1]], float)
    turned = (patch_flip @ np.vstack([matrix, [0, 0, 1]]) @ flip)[:2]
    mirrored = cut(np.ascontiguousarray(SMOOTH[:, ::-1]), turned, size)
    assert np.abs(mirrored[:, ::-1].astype(int) - cut(SMOOTH, matrix, size)).max() <= 4


@given(st.floats(0, 300), st.floats(0, 200), st.floats(5, 300), st.floats(-1.5, 1.5))
def test_similarity_mirrors_with_its_angle(x: float, y: float, width: float, angle: float) -> None:
    size = 64
    there = similarity(np.array([x, y]), width, angle, size) @ [17.0, 31.0, 1]
    mirrored = similarity(np.array([WIDTH - 1 - x, y]), width, -angle, size) @ [WIDTH - 1 - 17.0, 31.0, 1]
    assert mirrored == pytest.approx([size - 1 - there[0], there[1]], abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.floats(-200, 200),
    st.floats(-200, 200),
    st.floats(0, 1000),
    st.floats(-3, 3),
)
def test_patches_anywhere_of_frames_of_any_size_are_cut(
    height: int, width: int, x: float, y: float, side: float, angle: float
) -> None:
    image = np.full((height, width, 3), 77, np.uint8)
    patch = cut(image, similarity(np.array([x, y]), side, angle, 24), 24)
    assert patch.shape == (24, 24, 3)
    assert np.all(patch == 77)


@pytest.mark.parametrize(("shape", "pad"), [((90, 160), 0.0), ((160, 90), 0.25), ((500, 400), 0.25), ((64, 64), 0.0)])
def test_letterbox_shows_the_whole_frame_in_the_middle_on_black(shape: tuple[int, int], pad: float) -> None:
    image = np.full((*shape, 3), 200, np.uint8)
    patch, matrix = letterbox(image, 128, pad)
    side = max(shape) * (1 + 2 * pad)
    bright = patch[..., 0] > 100
    assert bright.any(1).sum() == pytest.approx(128 * shape[0] / side, abs=1.5)
    assert bright.any(0).sum() == pytest.approx(128 * shape[1] / side, abs=1.5)
    assert np.argwhere(bright).mean(0) == pytest.approx([63.5, 63.5], abs=0.5)
    assert matrix @ [(shape[1] - 1) / 2, (shape[0] - 1) / 2, 1] == pytest.approx([63.5, 63.5])
    if pad:
        assert patch[:4].max() == 0


def test_a_picture_is_shrunk_by_means_and_never_enlarged() -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[::2] = 200
    assert (shrunk(picture, 64) == 100).all()
    assert shrunk(picture[:32, :32], 64).shape == (32, 32, 3)
