"""The canonical face: where its landmarks lie in our axes, and that it is the same on both sides."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.landmarks import canonical_face as module
from models.landmarks.canonical_face import BASIS, canonical_face, mirror_index, procrustes_weights
from models.weights.registry import WeightsMissing

NOSE_TIP, CHIN, FOREHEAD, LEFT_OF_IMAGE, RIGHT_OF_IMAGE = 1, 152, 10, 33, 263


def test_the_axes_are_ours_x_right_y_down_z_away() -> None:
    points = canonical_face()
    assert points.shape == (468, 3)
    assert points[LEFT_OF_IMAGE, 0] < 0 < points[RIGHT_OF_IMAGE, 0]
    assert points[FOREHEAD, 1] < points[NOSE_TIP, 1] < points[CHIN, 1]
    assert points[:, 2].argmin() in (NOSE_TIP, 4)
    # a face is 14 to 18 cm wide and high
    assert 13 < np.ptp(points[:, 0]) < 18
    assert 14 < np.ptp(points[:, 1]) < 20


def test_it_is_symmetric_and_the_mirror_index_is_its_own_inverse() -> None:
    points, other = canonical_face(), mirror_index()
    assert np.array_equal(other[other], np.arange(468))
    assert np.abs(points[other] * [-1, 1, 1] - points).max() < 1e-3
    assert other[LEFT_OF_IMAGE] == RIGHT_OF_IMAGE
    assert all(other[k] == k for k in (NOSE_TIP, CHIN, FOREHEAD))


def test_the_pose_uses_33_points_alike_on_both_sides() -> None:
    values = procrustes_weights()
    assert np.count_nonzero(values) == 33
    assert np.array_equal(values, values[mirror_index()])
    assert all(values[point] == weight for point, weight in BASIS.items())


def test_nobody_can_change_it() -> None:
    for array in (canonical_face(), mirror_index(), procrustes_weights()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(("name", "size"), [("archive/data/0", 12), ("archive/elsewhere", 468 * 12)])
def test_another_tensor_is_refused_with_the_file_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    path = tmp_path / "other.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"\0" * size)
    monkeypatch.setattr(module, "weights", lambda _: SimpleNamespace(path=lambda: path))
    with pytest.raises(WeightsMissing, match=r"other\.pt: expected 468 x 3 float32 values, found"):
        canonical_face.__wrapped__()
