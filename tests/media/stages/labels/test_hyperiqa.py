"""Quality by HyperIQA: which pictures it is shown, that their blur is not hidden, and its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import stages.labels.hyperiqa as stage
from models.runtime.batches import in_batches
from stages.clip import Clip, Patch
from stages.labels.hyperiqa import HyperIqaQuality
from stages.labels.quality import Quality
from tests.made import random_hyperiqa
from tests.made.clips import accepted, plain, rejected, turned_clip


def with_patches(images: Sequence[np.ndarray]) -> Clip:
    """A tracked clip with these native faces, one every twelve frames."""
    clip = turned_clip(np.zeros((12 * len(images) + 1, 3)))
    boxes = [np.array([0, 0, *image.shape[1::-1]]) for image in images]
    patches = tuple(Patch(12 * i, image, (0, 0), boxes[i]) for i, image in enumerate(images))
    return replace(clip, track=replace(clip.tracked(), patches=patches))


def shown(clip: Clip, **changes: object) -> list[np.ndarray]:
    items = replace(HyperIqaQuality(), **changes).items(clip)  # type: ignore[arg-type]
    assert isinstance(items, list)
    return items


def detail(picture: np.ndarray) -> float:
    """Energy of the finest detail."""
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def test_it_is_shown_native_faces_as_pictures_of_512_by_384(man: Clip) -> None:
    items = shown(man)
    assert len(items) == min(8, len(man.tracked().patches))
    for item in items:
        assert (item.shape, item.dtype, item.flags.c_contiguous) == ((512, 384, 3), np.uint8, True)
    native = man.tracked().patches[0].image
    assert items[0].mean((0, 1)) == pytest.approx(native.mean((0, 1)), abs=1.0)


@pytest.mark.parametrize(
    ("patches", "frames", "chosen"),
    [(5, 8, [0, 1, 2, 3, 4]), (5, 3, [0, 2, 4]), (24, 4, [0, 8, 15, 23]), (3, 1, [0]), (1, 8, [0])],
)
def test_frames_are_spread_over_the_clip(patches: int, frames: int, chosen: list[int]) -> None:
    clip = with_patches([np.full((80, 60, 3), 10 * i, np.uint8) for i in range(patches)])
    assert [int(item[0, 0, 0]) // 10 for item in shown(clip, frames=frames)] == chosen


@pytest.mark.parametrize("side", [120, 400])
def test_blur_of_small_and_of_large_faces_reaches_the_network(man: Clip, side: int) -> None:
    face = cv2.resize(man.tracked().patches[0].image, (side, side), interpolation=cv2.INTER_CUBIC)
    face = np.clip(face + np.random.default_rng(0).normal(0, 6, face.shape), 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(face, (0, 0), 1.0)
    before, after = (detail(shown(with_patches([image]))[0]) for image in (face, blurred))
    assert after < 0.3 * before


def test_the_columns_are_those_of_the_open_stage() -> None:
    assert HyperIqaQuality.columns == Quality.columns
    assert (HyperIqaQuality.name, HyperIqaQuality.variant) == (Quality.name, "hyperiqa")
    assert HyperIqaQuality().minimum == 40


def scores(*values: float) -> list[np.ndarray]:
    return [np.array([value], np.float32) for value in values]


def test_the_clip_gets_mean_and_minimum() -> None:
    out = accepted(HyperIqaQuality().finish(plain(), scores(70, 50, 60)))
    assert out.columns == {"quality": pytest.approx(60), "quality_min": pytest.approx(50)}
    assert all(type(value) is float for value in out.columns.values())


def test_a_low_mean_is_a_rejection_that_says_so() -> None:
    out = rejected(HyperIqaQuality().finish(plain(), scores(30.5, 40)))
    assert (out.reason, out.detail) == ("low_quality", "quality 35, at least 40 wanted")
    assert out.clip.columns["quality_min"] == pytest.approx(30.5)
    accepted(HyperIqaQuality(minimum=35).finish(plain(), scores(30.5, 40)))
    accepted(HyperIqaQuality().finish(plain(), scores(40, 40)))


def test_a_clip_without_a_native_face_is_not_asked_about(man: Clip) -> None:
    out = HyperIqaQuality().items(replace(man, track=replace(man.tracked(), patches=())))
    assert rejected(out).reason == "face_lost"  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_whole_stage_with_random_weights(man: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = random_hyperiqa.write(tmp_path / "koniq_pretrained.pkl")
    asked = []
    monkeypatch.setattr(stage, "weights", lambda name: asked.append(name) or SimpleNamespace(path=lambda: file))
    monkeypatch.setenv("VASARI_DEVICE", "cpu")
    quality = HyperIqaQuality(minimum=0.0, crops=2, frames=2)
    out = accepted(quality.open()(man))
    assert asked == ["hyperiqa"]
    items = shown(man, crops=2, frames=2)
    each = np.concatenate(in_batches(quality.model(), items, 1))
    assert out.columns["quality"] == pytest.approx(each.mean(), abs=1e-3)
    assert out.columns["quality_min"] == pytest.approx(each.min(), abs=1e-3)
