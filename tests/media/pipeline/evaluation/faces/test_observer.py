"""A picture is read as by a stranger: the face is found by itself, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.runtime.image import shrunk
from models.weights.intake import add
from models.weights.registry import weights
from pipeline.evaluation.faces.observer import FaceReading, to_pixels, to_units
from pipeline.evaluation.metrics.mesh_expression import mesh_expression
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import moving


def test_a_small_face_is_found_where_it_is(reading: FaceReading, man: FaceCrop, woman: FaceCrop) -> None:
    for view in (man, woman):
        for side in (96, 64):
            found = reading.found(shrunk(view.picture, side))
            assert found.found
            off = np.linalg.norm((found.landmarks - view.landmarks)[:, :2], axis=1)
            assert off.mean() < 0.02 * np.ptp(view.landmarks[:, 1])
            assert found.pose == pytest.approx(reading.known(view.picture, view.landmarks).pose, abs=4)


def test_a_picture_without_a_face_has_no_numbers(reading: FaceReading, random: np.random.Generator) -> None:
    for picture in (np.full((64, 64, 3), 128, np.uint8), random.integers(0, 255, (64, 64, 3), np.uint8)):
        found = reading.found(picture)
        assert not found.found
        assert np.isnan(found.landmarks).all()
        assert np.isnan([*found.pose, *found.expression]).all()


def test_a_turned_head_is_read_as_turned(reading: FaceReading, man: FaceCrop) -> None:
    asked = np.array([[0.0, -12, 0], [0, 12, 0], [0, 0, 10]])
    poses = np.array([reading.found(view.picture).pose for view in moving(man, asked)])
    # a picture warped by its mesh turns less than its landmarks
    assert 10 < poses[1, 1] - poses[0, 1] < 30
    assert poses[2, 2] - poses[:2, 2].mean() == pytest.approx(10, abs=2)


def test_without_the_landmarker_expressions_are_the_mesh_s(reading: FaceReading, man: FaceCrop) -> None:
    assert reading.expressions == "the mesh"
    known = reading.known(man.picture, man.landmarks)
    assert known.expression == pytest.approx(mesh_expression(man.landmarks[None])[0], rel=1e-4)


def test_with_the_landmarker_expressions_are_its_scores(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, man: FaceCrop, woman: FaceCrop
) -> None:
    monkeypatch.setenv("VASARI_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("VASARI_WEIGHTS_LOCK", str(tmp_path / "weights.lock"))
    add(weights("face_landmarker"), shared / "weights/face_landmarker_v2_with_blendshapes.task")
    reading = FaceReading()
    assert reading.expressions == "MediaPipe's blendshapes"
    his, hers = (reading.found(view.picture).expression for view in (man, woman))
    assert hers[2] > his[2] + 0.2
    assert ((his >= 0) & (his <= 1)).all()


def test_identity_tells_people_apart_at_64_pixels(reading: FaceReading, man: FaceCrop, woman: FaceCrop) -> None:
    small = shrunk(man.picture, 64)
    him, again, her = (
        reading.identity(picture, view.landmarks)
        for picture, view in ((man.picture, man), (small, man), (woman.picture, woman))
    )
    assert np.linalg.norm(him - again) < 0.4
    assert np.linalg.norm(him - her) > 0.6


def test_units_and_pixels_are_inverse(random: np.random.Generator) -> None:
    points = random.uniform(-1, 1, (468, 3))
    assert to_units(to_pixels(points, 96), 96) == pytest.approx(points)
    # the middle of the first and of the last pixel
    assert to_pixels(np.array([[1 / 64 - 1, 63 / 64, 0.5]]), 64)[0] == pytest.approx([0, 63, 16])
