"""Emotion by HSEmotion: which faces it is shown, and eight named coefficients of their probabilities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import stages.labels.hsemotion as stage
from models.runtime.checkpoint import WrongWeights
from models.runtime.image import bounds
from stages.clip import Clip
from stages.labels.emotion import EMOTIONS, Emotion
from stages.labels.hsemotion import HsEmotion
from tests.made import random_hsemotion
from tests.made.clips import accepted, first_frames, turned_clip

EMOTION = HsEmotion()


def white_faces(count: int, roll: float = 0.0) -> Clip:
    """A clip of black crops, white where the landmarks of an upright face reach, turned with the head."""
    clip = turned_clip(np.array([[0, 0, roll]] * count, float))
    track = clip.tracked()
    crops = np.zeros((count, 256, 256, 3), np.uint8)
    low, high = bounds(track.crop_landmarks(0))
    (x0, y0), (x1, y1) = np.round(low).astype(int), np.round(high).astype(int)
    crops[:, y0 : y1 + 1, x0 : x1 + 1] = 255
    return replace(clip, track=replace(track, crops=crops))


def test_the_column_is_that_of_the_open_stage() -> None:
    assert EMOTION.columns == Emotion.columns
    assert EMOTION.name == Emotion.name


@pytest.mark.parametrize(("network", "size"), [("b0", 224), ("b2", 260)])
def test_two_faces_a_second_in_the_network_s_size(network: str, size: int) -> None:
    items = HsEmotion(network=network).items(white_faces(50))
    assert len(items) == 5
    assert all(item.shape == (size, size, 3) and item.dtype == np.uint8 for item in items)
    assert all(item.flags.c_contiguous for item in items)
    assert len(HsEmotion(per_second=5.0).items(white_faces(50))) == 10


def test_the_square_is_as_high_as_the_landmarks_and_keeps_proportions() -> None:
    clip = white_faces(1)
    (item,) = HsEmotion(scale=2.0).items(clip)
    rows, columns = (np.flatnonzero(item[..., 0].mean(axis) > 20) for axis in (1, 0))
    low, high = bounds(clip.tracked().crop_landmarks(0))
    assert len(rows) == pytest.approx(112, abs=3)
    assert len(columns) / len(rows) == pytest.approx((high[0] - low[0]) / (high[1] - low[1]), abs=0.03)
    assert rows.mean() == pytest.approx(111.5, abs=1.5)


def test_probabilities_are_averaged_over_the_clip() -> None:
    looks = [np.eye(8, dtype=np.float32)[4], np.full(8, 1 / 8, np.float32), np.eye(8, dtype=np.float32)[4]]
    out = accepted(EMOTION.finish(white_faces(30), looks)).columns["emotion"]
    assert tuple(out) == EMOTIONS
    assert all(isinstance(value, float) for value in out.values())
    assert sum(out.values()) == pytest.approx(1)
    assert out["happiness"] == pytest.approx((1 + 1 / 8 + 1) / 3)
    assert out["contempt"] == pytest.approx(1 / 24)


def test_an_unknown_network_is_an_error() -> None:
    with pytest.raises(ValueError, match="no network 'b7' of HSEmotion; there are: b0, b2"):
        HsEmotion(network="b7")


def test_the_whole_stage_with_a_file_of_the_published_form(
    woman: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = random_hsemotion.write(tmp_path / "enet_b0_8_va_mtl.onnx")
    asked = []
    monkeypatch.setattr(stage, "weights", lambda name: asked.append(name) or SimpleNamespace(path=lambda: path))
    monkeypatch.setenv("VASARI_DEVICE", "cpu")
    part = first_frames(woman, 30)
    out = accepted(EMOTION.open()(part)).columns["emotion"]
    assert asked == ["hsemotion"]
    mean = np.mean(EMOTION.model()(EMOTION.items(part)), axis=0)
    assert list(out.values()) == pytest.approx(mean.tolist(), abs=1e-6)
    assert sum(out.values()) == pytest.approx(1, abs=1e-5)
    with pytest.raises(WrongWeights, match="holds b0, not b2"):
        HsEmotion(network="b2").model()
