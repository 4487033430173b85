"""Quality of a real face: it falls with whatever makes a picture worse, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from stages.clip import Clip, Patch
from stages.labels.quality import Quality, patch_quality
from tests.made.clips import TrackOf, accepted, rejected

Damage = Callable[[np.ndarray, float], np.ndarray]


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma)


def noise(image: np.ndarray, sigma: float) -> np.ndarray:
    added = image + np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(added, 0, 255).round().astype(np.uint8)


def jpeg(image: np.ndarray, quality: float) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def blocks(image: np.ndarray, share: float) -> np.ndarray:
    """Each 8 x 8 block drawn towards its mean."""
    height, width = (side // 8 * 8 for side in image.shape[:2])
    part = image[:height, :width].astype(float)
    means = part.reshape(height // 8, 8, width // 8, 8, 3).mean((1, 3)).repeat(8, 0).repeat(8, 1)
    return (part * (1 - share) + means * share).round().astype(np.uint8)


def rescaled(image: np.ndarray, factor: float) -> np.ndarray:
    small = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("who", ["man", "woman"])
@pytest.mark.parametrize(
    ("damage", "steps"),
    [(blur, (1, 2, 4, 8)), (noise, (5, 12, 25)), (jpeg, (25, 10, 5)), (blocks, (0.4, 0.7, 0.9)), (rescaled, (2, 4, 8))],
)
def test_it_falls_with_every_step_of_damage(
    request: pytest.FixtureRequest, who: str, damage: Damage, steps: tuple[float, ...]
) -> None:
    clip: Clip = request.getfixturevalue(who)
    patches = clip.tracked().patches[:4]

    def score(step: float | None) -> float:
        images = [patch.image if step is None else damage(patch.image, step) for patch in patches]
        return float(np.mean([patch_quality(replace(p, image=i)) for p, i in zip(patches, images, strict=True)]))

    scores = [score(None), *(score(step) for step in steps)]
    assert 50 < scores[0] <= 100
    assert all(0 <= value <= 100 for value in scores)
    assert np.diff(scores).max() < 0.5
    assert scores[-1] < 0.85 * scores[0]


def test_brightness_alone_hardly_matters(man: Clip) -> None:
    patch = man.tracked().patches[0]
    darker = replace(patch, image=(patch.image * 0.8).astype(np.uint8))
    assert patch_quality(darker) == pytest.approx(patch_quality(patch), rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (7, 9), (64, 64), (3, 8)])
def test_patches_of_any_shape_have_a_quality(shape: tuple[int, int]) -> None:
    for image in (np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 255, np.uint8)):
        assert 0 <= patch_quality(Patch(0, image, (5, 3), np.array([0, 0, *shape[::-1]]))) <= 100


def test_the_stage_gives_mean_and_minimum(man: Clip) -> None:
    out = accepted(Quality().open()(man))
    scores = [patch_quality(patch) for patch in man.tracked().patches]
    assert out.columns["quality"] == pytest.approx(np.mean(scores))
    assert out.columns["quality_min"] == pytest.approx(min(scores))
    assert out.columns["quality_min"] <= out.columns["quality"]


def test_the_minimum_is_a_parameter(man: Clip) -> None:
    out = rejected(Quality(minimum=99.5).open()(man))
    assert out.reason == "low_quality"
    assert out.detail == f"quality {out.clip.columns['quality']:.0f}, at least 99.5 wanted"


@pytest.mark.parametrize("name", ["blurred", "dark"])
def test_bad_samples_are_rejected(track_of: TrackOf, name: str) -> None:
    assert rejected(Quality().open()(accepted(track_of(name)))).reason == "low_quality"
