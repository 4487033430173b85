"""Mouth, blink and smile from the mesh: each rises with its own motion, and none with pose."""

from __future__ import annotations

import numpy as np
import pytest

from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import rotation_of
from pipeline.evaluation.metrics.mesh_expression import mesh_expression

LOWER_LIP = (14, 87, 317)
UPPER_LIDS = (159, 158, 160, 386, 385, 387)


def moved(points: tuple[int, ...], by: tuple[float, float, float]) -> np.ndarray:
    face = canonical_face().copy()
    face[list(points)] += by
    return face


def rises(face: np.ndarray) -> np.ndarray:
    """How much each of the three rises from the canonical face."""
    before, after = mesh_expression(np.stack([canonical_face(), face]))
    return after - before


def test_the_mouth_opens() -> None:
    mouth, blink, smile = rises(moved(LOWER_LIP, (0, 0.5, 0)))
    assert mouth == pytest.approx(0.5, abs=0.1)
    assert (blink, smile) == pytest.approx((0, 0), abs=1e-6)


def test_the_eyes_close() -> None:
    mouth, blink, smile = rises(moved(UPPER_LIDS, (0, 0.3, 0)))
    assert blink > 0.05
    assert (mouth, smile) == pytest.approx((0, 0), abs=1e-6)


def test_the_mouth_widens() -> None:
    face = moved((61,), (-0.3, 0, 0))
    face[291] += (0.3, 0, 0)
    mouth, blink, smile = rises(face)
    assert smile == pytest.approx(0.6, abs=0.05)
    assert (mouth, blink) == pytest.approx((0, 0), abs=1e-6)


def test_pose_and_unit_change_nothing() -> None:
    face = moved(LOWER_LIP, (0, 0.5, 0))
    turned = 0.03 * face @ rotation_of(np.array([[15.0, -20.0, 5.0]]))[0].T + (0.2, -0.1, 0.4)
    assert mesh_expression(turned[None])[0] == pytest.approx(mesh_expression(face[None])[0], abs=1e-6)
