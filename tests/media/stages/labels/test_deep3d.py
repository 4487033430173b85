"""Distance by Deep3DFaceRecon: the crop's scale undone, the open stage's unit, and what the network is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import stages.labels.deep3d as stage
from models.landmarks.deep3d import Deep3D
from models.landmarks.deep3d_camera import CAMERA_Z, COEFFICIENTS, FACE_WIDTH, FOCAL
from models.landmarks.five_points import align, five_points
from stages.clip import Clip
from stages.labels.deep3d import Deep3dDistance
from tests.made import random_deep3d
from tests.made.clips import accepted, first_frames, mirrored, plain, turned_clip

DISTANCE = Deep3dDistance()


def answers(clip: Clip, *translation_z: float) -> list[np.ndarray]:
    """Coefficients for the clip's items: z of the translation in turn, everything else 0."""
    out = np.zeros((len(DISTANCE.items(clip)), COEFFICIENTS), np.float32)
    out[:, 256] = np.resize(translation_z or (0.0,), len(out))
    return list(out)


def distance(clip: Clip, *translation_z: float) -> float:
    return accepted(DISTANCE.finish(clip, answers(clip, *translation_z))).columns["distance"]


def padded(clip: Clip) -> Clip:
    """The clip with black around it to twice its size."""
    track = clip.tracked()
    height, width = track.frame_size
    shift = np.array([width / 2, height / 2])
    matrix = track.crop_matrix.copy()
    matrix[:, :, 2] -= matrix[:, :, :2] @ shift
    moved = replace(
        track,
        landmarks=track.landmarks + np.array([*shift, 0], np.float32),
        crop_matrix=matrix,
        frame_size=(2 * height, 2 * width),
    )
    return replace(clip, track=moved)


def test_one_is_a_face_a_third_of_the_height_wide() -> None:
    clip = turned_clip(np.zeros((3, 3)))
    track = clip.tracked()
    scale = align(five_points(track.landmarks)).scale[0]
    # a face of FACE_WIDTH at this z is as wide as a third of the frame's height
    z = CAMERA_Z - FACE_WIDTH * FOCAL / scale / (track.frame_size[0] / 3)
    assert distance(clip, z) == pytest.approx(1, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(5, 25), st.floats(-30, 30), st.floats(-1, 1))
def test_a_frame_padded_to_twice_its_size_doubles_it(scale: float, yaw: float, z: float) -> None:
    clip = turned_clip(np.array([[0, yaw, 0]] * 3), scale)
    assert distance(padded(clip), z) == pytest.approx(2 * distance(clip, z), rel=1e-6)


def test_the_crops_scale_is_undone() -> None:
    """A face half as large gets a crop of the same size, so the network says the same; it is twice as far."""
    near, far = (turned_clip(np.zeros((3, 3)), scale) for scale in (16.0, 8.0))
    assert distance(far) == pytest.approx(2 * distance(near), rel=1e-6)


def test_what_the_network_says_farther_is_farther() -> None:
    clip = turned_clip(np.zeros((3, 3)))
    assert distance(clip, -2.0) == pytest.approx(1.2 * distance(clip, 0.0), rel=1e-6)


def test_one_odd_frame_does_not_move_the_clip(man: Clip) -> None:
    count = len(DISTANCE.items(man))
    assert count >= 5
    assert distance(man, 5.0, *[0.0] * (count - 1)) == pytest.approx(distance(man), rel=0.02)


def test_a_mirrored_clip_is_as_far(man: Clip) -> None:
    assert distance(mirrored(man)) == pytest.approx(distance(man), rel=2e-3)


def test_only_frames_that_show_the_face_are_looked_at() -> None:
    clip = turned_clip(np.zeros((40, 3)))
    landmarks = clip.tracked().landmarks.copy()
    present = np.ones(40, bool)
    landmarks[:20] *= 3
    present[:20] = False
    part = replace(clip, track=replace(clip.tracked(), landmarks=landmarks, present=present))
    assert len(DISTANCE.items(part)) == 2
    assert distance(part) == pytest.approx(distance(clip))


def test_items_are_two_aligned_faces_a_second(man: Clip) -> None:
    items = DISTANCE.items(man)
    assert len(items) == -(-len(man.tracked().times) // 12)
    assert {(item.shape, item.dtype.name) for item in items} == {((224, 224, 3), "uint8")}
    assert all(item.flags.c_contiguous for item in items)
    assert len(Deep3dDistance(per_second=25).items(man)) == len(man.tracked().times)


def test_the_face_lies_where_the_network_expects_it(man: Clip) -> None:
    """The mean of the five points of a frontal face, seen in the crop's own pixels; the patch shows the same."""
    track = man.tracked()
    points = five_points(track.landmarks[:1])
    matrix = align(points).matrix(0, track.frame_size[0])
    eyes, mouth = (points[0, part].mean(0) @ matrix[:, :2].T + matrix[:, 2] for part in ([0, 1], [3, 4]))
    assert eyes == pytest.approx([112, 83], abs=8)
    assert mouth == pytest.approx([112, 150], abs=8)


def test_black_where_the_frame_ends(man: Clip) -> None:
    track = man.tracked()
    (item, *_) = DISTANCE.items(man)
    assert item.any(axis=2).mean() > 0.9
    # the frame now ends at the nose: all below is black, all above is as it was
    matrix = align(five_points(track.landmarks[:1])).matrix(0, track.frame_size[0])
    height = round(float(track.landmarks[0, 1, 1]))
    short = replace(man, track=replace(track, frame_size=(height, track.frame_size[1])))
    cut = DISTANCE.items(short)[0]
    end = int(np.ceil(matrix[1, 1] * (height - 0.5) + matrix[1, 2]))
    assert not cut[end:].any()
    assert np.array_equal(cut[:end], item[:end])


def test_a_face_outside_the_frame_is_all_black() -> None:
    clip = turned_clip(np.zeros((2, 3)), middle=(5_000, 180))
    assert not DISTANCE.items(clip)[0].any()


@pytest.mark.slow
def test_the_whole_stage_with_a_file_of_random_weights(
    man: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = random_deep3d.write(tmp_path / "epoch_20.pth")

    class Added:
        def path(self) -> Path:
            return path

    monkeypatch.setattr(stage, "weights", {"deep3d": Added()}.__getitem__)
    monkeypatch.setenv("VASARI_DEVICE", "cpu")
    second = first_frames(man, 25)
    out = accepted(DISTANCE.open()(second))
    answers = Deep3D(path, torch.device("cpu"))(DISTANCE.items(second))
    assert len(answers) == 3
    assert set(out.columns) - set(man.columns) == {"distance"} == set(DISTANCE.columns.names)
    assert out.columns["distance"] == pytest.approx(DISTANCE.finish(second, answers).columns["distance"], rel=1e-5)
    assert out.columns["distance"] > 0


def test_it_needs_a_track() -> None:
    with pytest.raises(ValueError, match=r"a\.mp4: no face track yet"):
        DISTANCE.items(plain())
