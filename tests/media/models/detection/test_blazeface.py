"""The face detector: its anchors, its suppression of doubles, and faces where they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detection.blazeface import Detections, anchors, suppress
from models.detection.face_finder import FaceFinder
from tests.made.sample_faces import mirrored_points


@pytest.mark.parametrize(
    ("size", "layers", "count"), [(128, ((8, 2), (16, 6)), 896), (192, ((4, 1),), 2304), (16, ((8, 3),), 12)]
)
def test_the_number_of_anchors(size: int, layers: tuple[tuple[int, int], ...], count: int) -> None:
    out = anchors(size, layers)
    assert out.shape == (count, 2)
    assert ((out > 0) & (out < 1)).all()
    assert out.mean(0) == pytest.approx([0.5, 0.5])


def test_anchors_go_row_by_row_each_cell_s_together() -> None:
    out = anchors(32, ((8, 2), (16, 1)))
    assert out[:4].tolist() == [[0.125, 0.125], [0.125, 0.125], [0.375, 0.125], [0.375, 0.125]]
    assert out[8].tolist() == [0.125, 0.375]
    assert out[32:].tolist() == [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]


def detections(boxes: np.ndarray, scores: np.ndarray) -> Detections:
    """Detections whose keypoints carry their position in the list."""
    return Detections(boxes, scores, np.repeat(np.arange(len(boxes), dtype=float), 12).reshape(-1, 6, 2))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    shared = sides.prod()
    return float(shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared))


boxes_and_scores = st.lists(
    st.tuples(st.floats(0, 60), st.floats(0, 60), st.floats(1, 60), st.floats(1, 60), st.floats(0.1, 1)), max_size=12
)


@given(boxes_and_scores)
def test_of_overlapping_boxes_the_best_is_kept(rows: list[tuple[float, ...]]) -> None:
    values = np.array(rows).reshape(-1, 5)
    found = detections(np.column_stack([values[:, :2], values[:, :2] + values[:, 2:4]]), values[:, 4])
    kept = suppress(found)
    index = kept.keypoints[:, 0, 0].astype(int)
    assert np.array_equal(found.boxes[index], kept.boxes)
    assert np.array_equal(found.scores[index], kept.scores)
    assert (np.diff(kept.scores) <= 0).all()
    if len(found):
        assert kept.scores[0] == found.scores.max()
    for i in range(len(kept)):
        for j in range(i):
            assert overlap(kept.boxes[i], kept.boxes[j]) <= 0.3
    again = suppress(kept)
    assert np.array_equal(again.boxes, kept.boxes)


def test_a_box_mostly_inside_a_better_one_is_the_same_face() -> None:
    whole, inside, beside = [0, 0, 100, 100], [10, 10, 40, 40], [80, 0, 180, 100]
    kept = suppress(detections(np.array([inside, whole, beside], float), np.array([0.8, 0.9, 0.7])))
    assert kept.boxes.tolist() == [whole, beside]
    assert kept.widths.tolist() == [100, 100]


def test_take_by_mask_or_index() -> None:
    found = detections(np.array([[0, 0, 1, 1], [0, 0, 2, 2]], float), np.array([0.5, 0.6]))
    assert found.take(np.array([False, True])).scores.tolist() == [0.6]
    assert len(found.take(np.array([], int))) == 0


def test_one_face_is_found_where_the_landmarks_are(
    man: np.ndarray, man_landmarks: np.ndarray, finder: FaceFinder
) -> None:
    found = finder.detector(man)
    assert len(found) == 1
    low, high = man_landmarks[:, :2].min(0), man_landmarks[:, :2].max(0)
    middle = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
    assert np.abs(middle - (low + high) / 2).max() < 0.15 * (high - low).max()
    left_eye, right_eye, nose, mouth, left_ear, right_ear = found.keypoints[0]
    assert left_ear[0] < left_eye[0] < nose[0] < right_eye[0] < right_ear[0]
    assert left_eye[1] < nose[1] < mouth[1]


def test_a_mirrored_frame_gives_the_mirrored_face(man: np.ndarray, finder: FaceFinder) -> None:
    plain, mirrored = finder.detector(man), finder.detector(np.ascontiguousarray(man[:, ::-1]))
    width = plain.widths[0]
    x0, y0, x1, y1 = mirrored.boxes[0]
    wanted = [man.shape[1] - 1 - x1, y0, man.shape[1] - 1 - x0, y1]
    assert plain.boxes[0] == pytest.approx(wanted, abs=0.1 * width)
    eyes = mirrored_points(mirrored.keypoints[0, [1, 0]], man.shape[1])
    assert plain.keypoints[0, :2] == pytest.approx(eyes, abs=0.1 * width)


def test_padding_the_frame_moves_the_box_with_the_face(man: np.ndarray, finder: FaceFinder) -> None:
    padded = cv2.copyMakeBorder(man, 100, 0, 60, 0, cv2.BORDER_CONSTANT)
    plain, moved = finder.detector(man), finder.detector(padded)
    assert moved.boxes[0] - [60, 100, 60, 100] == pytest.approx(plain.boxes[0], abs=0.1 * plain.widths[0])


def test_a_face_that_fills_the_frame_is_found(
    woman: np.ndarray, woman_landmarks: np.ndarray, finder: FaceFinder
) -> None:
    low, high = woman_landmarks[:, :2].min(0).astype(int), woman_landmarks[:, :2].max(0).astype(int)
    found = finder.detector(woman[low[1] : high[1], low[0] : high[0]])
    assert len(found) == 1
    assert found.widths[0] > 0.7 * (high[0] - low[0])


def test_small_faces_and_two_faces_are_found(man: np.ndarray, woman: np.ndarray, finder: FaceFinder) -> None:
    small = cv2.resize(np.hstack([man, woman]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    found = finder.detector(small)
    assert sorted(found.boxes[:, 0] > man.shape[1] / 2) == [False, True]


def test_a_picture_without_a_face_has_none(clouds: np.ndarray, finder: FaceFinder) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    for image in (clouds, noise, np.zeros((200, 100, 3), np.uint8)):
        assert len(finder.detector(image)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (700, 3), (33, 57)])
def test_frames_of_any_shape_are_looked_at(shape: tuple[int, int], finder: FaceFinder) -> None:
    found = finder.detector(np.full((*shape, 3), 128, np.uint8))
    assert (found.boxes.shape, found.keypoints.shape) == ((0, 4), (0, 6, 2))


def test_nothing_found_is_nothing_suppressed() -> None:
    assert len(suppress(detections(np.empty((0, 4)), np.empty(0)))) == 0
