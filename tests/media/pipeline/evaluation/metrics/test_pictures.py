"""What pictures are worth against the true one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.evaluation.metrics.pictures import SAME, face_box, psnr, sharpness, ssim
from pipeline.faces.face_crop import FaceCrop


def test_psnr_is_that_of_the_mean_square_error() -> None:
    truth = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(truth + np.uint8(10), truth) == pytest.approx(20 * np.log10(25.5))
    assert psnr(np.zeros_like(truth), np.full_like(truth, 255)) == 0
    assert psnr(truth, truth) == SAME


def test_one_pixel_off_counts_no_more_than_none() -> None:
    truth = np.zeros((96, 96, 3), np.uint8)
    picture = truth.copy()
    picture[0, 0, 0] = 1
    assert psnr(picture, truth) == SAME


def test_ssim_is_that_of_scikit_image(random: np.random.Generator, man: FaceCrop) -> None:
    metrics = pytest.importorskip("skimage.metrics")
    noisy = np.clip(man.picture + random.normal(0, 20, man.picture.shape), 0, 255).astype(np.uint8)
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float64) for each in (noisy, man.picture)]
    wanted = metrics.structural_similarity(
        *grey, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert ssim(noisy, man.picture) == pytest.approx(wanted, abs=1e-4)
    assert ssim(man.picture, man.picture) == pytest.approx(1)


def test_sharpness_falls_with_blur_and_rises_with_noise(random: np.random.Generator, man: FaceCrop) -> None:
    soft = cv2.GaussianBlur(man.picture, (7, 7), 1.5)
    noisy = np.clip(man.picture + random.normal(0, 20, man.picture.shape), 0, 255).astype(np.uint8)
    assert sharpness(man.picture, man.picture) == 1
    blurred, grained = sharpness(soft, man.picture), sharpness(noisy, man.picture)
    assert blurred is not None
    assert grained is not None
    assert blurred < 0.5 < 1.2 < grained
    assert sharpness(man.picture, np.zeros_like(man.picture)) is None


def test_what_was_not_filmed_counts_nothing(random: np.random.Generator, man: FaceCrop) -> None:
    """A stripe of noise at the edge, and all that its windows touch, is left out."""
    wrong, content = man.picture.copy(), np.ones(man.picture.shape[:2], bool)
    wrong[:, :20], content[:, :20] = random.integers(0, 255, wrong[:, :20].shape), False
    assert (psnr(wrong, man.picture, content), ssim(wrong, man.picture, content)) == (SAME, pytest.approx(1))
    wrong[:, 20:30] = 0
    there = psnr(wrong[:, 20:], man.picture[:, 20:])
    assert psnr(wrong, man.picture, content) == pytest.approx(there)
    below = ssim(wrong, man.picture, content)
    assert below is not None
    assert below < 0.99
    assert psnr(wrong, man.picture, ~content) != pytest.approx(there)
    assert (psnr(wrong, man.picture, content & ~content), ssim(wrong, man.picture, content & ~content)) == (None, None)


def test_the_face_box_is_ten_per_cent_wider_than_the_landmarks() -> None:
    corners = np.array([[-0.5, -0.5, 0], [0.5, 0.0, 0]])
    rows, columns = face_box(corners, 400)
    assert (columns.start, columns.stop) == (90, 310)
    assert (rows.start, rows.stop) == (95, 205)


def test_the_face_box_stays_in_the_picture_and_holds_a_pixel() -> None:
    rows, columns = face_box(np.array([[-3.0, 0.99], [3.0, 2.0]]), 64)
    assert (columns.start, columns.stop) == (0, 64)
    assert (rows.start, rows.stop) == (62, 64)
    rows, columns = face_box(np.array([[4.0, 4.0], [5.0, 5.0]]), 64)
    assert np.zeros((64, 64))[rows, columns].size == 1
