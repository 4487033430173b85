"""Gaze by L2CS-Net: which pictures it is shown, and what becomes of its angles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import stages.labels.l2cs as stage
from models.runtime.image import bounds
from stages.clip import Clip
from stages.labels.gaze import Gaze
from stages.labels.gaze_directions import sampled_frames
from stages.labels.l2cs import SIDE, L2csGaze, upright_face
from tests.made import random_l2cs
from tests.made.clips import accepted, first_frames, mirrored, turned_clip

GAZE = L2csGaze()


def still(count: int, turn: tuple[float, float, float] = (0, 0, 0)) -> Clip:
    return turned_clip(np.array([turn] * count, float))


def dotted(clip: Clip) -> Clip:
    """The clip with a white square on black where the face's landmarks reach, in every crop."""
    track = clip.tracked()
    crops = np.zeros((len(track.times), 256, 256, 3), np.uint8)
    for index, crop in enumerate(crops):
        low, high = bounds(track.crop_landmarks(index))
        x0, y0, x1, y1 = (int(v) for v in np.round([*low, *high]))
        crop[y0 : y1 + 1, x0 : x1 + 1] = 255
    return replace(clip, track=replace(track, crops=crops))


def test_it_is_shown_every_third_face_and_the_last() -> None:
    items = GAZE.items(still(8))
    assert len(items) == 4
    assert len(replace(GAZE, every=1).items(still(8))) == 8
    for item in items:
        assert (item.shape, item.dtype, item.flags.c_contiguous) == ((SIDE, SIDE, 3), np.uint8, True)


def test_the_square_is_as_high_as_the_landmarks_and_centred_on_them() -> None:
    (item,) = replace(GAZE, scale=2.0).items(dotted(still(1)))
    rows, columns = (np.flatnonzero(item[..., 0].mean(axis) > 20) for axis in (1, 0))
    assert len(rows) == pytest.approx(SIDE / 2, abs=3)
    assert len(columns) < len(rows)
    assert rows.mean() == pytest.approx((SIDE - 1) / 2, abs=1.5)
    assert columns.mean() == pytest.approx((SIDE - 1) / 2, abs=1.5)
    (whole,) = GAZE.items(dotted(still(1)))
    assert whole[SIDE // 2, SIDE // 2, 0] == whole[4, SIDE // 2, 0] == whole[-5, SIDE // 2, 0] == 255


def test_a_tilted_head_is_shown_tilted() -> None:
    """The network answers in the axes of what it is shown, so these must be the frame's."""
    clip = still(1, (0, 0, 30))
    track = clip.tracked()
    striped = np.zeros((1, 256, 256, 3), np.uint8)
    striped[:, ::16] = 255
    (item,) = GAZE.items(replace(clip, track=replace(track, crops=striped)))
    assert item.std(1).max() < 1
    assert item[..., 0].mean(1).std() > 10


def test_a_mirrored_clip_is_shown_mirrored(woman: Clip) -> None:
    part = first_frames(woman, 4)
    there, mirror = GAZE.items(part), GAZE.items(mirrored(part))
    for one, other in zip(there, mirror, strict=True):
        assert np.abs(one[:, ::-1].astype(int) - other).mean() < 1


def test_angles_become_the_clip_s_gaze() -> None:
    clip = still(10)
    out = GAZE.finish(clip, [np.array([12.0, -4.0], np.float32)] * len(sampled_frames(10, 3)))
    assert out.arrays["gaze"].shape == (10, 2)
    assert out.arrays["gaze"] == pytest.approx(np.tile([12.0, -4.0], (10, 1)), abs=1e-4)
    assert (out.columns["gaze_theta"], out.columns["gaze_phi"]) == pytest.approx((12, -4), abs=1e-4)
    assert out.columns["gaze_share"] == 1


def test_frames_between_are_interpolated_and_a_jump_stays() -> None:
    looks = [np.array([theta, 0.0], np.float32) for theta in [0.0] * 20 + [30.0] * 20]
    out = GAZE.finish(still(118), looks)
    theta = out.arrays["gaze"][:, 0]
    assert theta[:57] == pytest.approx(0, abs=2.5)
    assert theta[61:] == pytest.approx(30, abs=2.5)
    assert (np.diff(theta[57:61]) > 5).all()
    assert out.columns["gaze_share"] == pytest.approx(0.5, abs=0.03)


def test_no_main_direction_without_enough_frames() -> None:
    looks = [np.array([theta, 0.0], np.float32) for theta in (-60.0, 0.0, 60.0)]
    out = L2csGaze(every=1, steady_s=0, min_share=0.5).finish(still(3), looks)
    assert (out.columns["gaze_theta"], out.columns["gaze_phi"]) == (None, None)
    assert out.columns["gaze_share"] == pytest.approx(1 / 3)


def test_columns_and_parameters_are_those_of_the_open_stage() -> None:
    assert L2csGaze.columns == Gaze.columns
    assert (L2csGaze.name, L2csGaze.variant) == (Gaze.name, "l2cs")
    for shared in ("every", "steady_s", "jump", "bin", "min_share"):
        assert getattr(GAZE, shared) == getattr(Gaze(), shared)


@pytest.mark.slow
def test_the_whole_stage_with_random_weights(woman: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = random_l2cs.write(tmp_path / "L2CSNet_gaze360.pkl")
    asked = []
    monkeypatch.setattr(stage, "weights", lambda name: asked.append(name) or SimpleNamespace(path=lambda: file))
    monkeypatch.setenv("VASARI_DEVICE", "cpu")
    clip = first_frames(woman, 4)
    gaze = L2csGaze(steady_s=0)
    out = accepted(gaze.open()(clip))
    assert asked == ["l2cs"]
    (first,) = gaze.model()([upright_face(clip.tracked(), 0, 1.0)])
    assert out.arrays["gaze"].shape == (4, 2)
    assert out.arrays["gaze"][0] == pytest.approx(first, abs=1e-2)
