"""Head pose: angles and rotations are each other's inverse, Procrustes finds what was put in, mirrors mirror."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.landmarks.canonical_face import canonical_face, mirror_index, procrustes_weights
from models.landmarks.head_pose import angles, procrustes, rotation_of

degrees = st.tuples(st.floats(-80, 80), st.floats(-170, 170), st.floats(-170, 170))
head = st.tuples(st.floats(-45, 45), st.floats(-60, 60), st.floats(-60, 60))


def placed(turn: tuple[float, float, float], scale: float, shift: tuple[float, float, float]) -> np.ndarray:
    """The canonical face turned, scaled and moved, [1, 468, 3]."""
    return (scale * canonical_face() @ rotation_of(np.array([turn]))[0].T + shift)[None]


@given(degrees)
def test_angles_of_a_rotation_of_angles(turn: tuple[float, float, float]) -> None:
    rotation = rotation_of(np.array([turn]))
    assert rotation[0] @ rotation[0].T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(rotation[0]) == pytest.approx(1)
    assert angles(rotation)[0] == pytest.approx(turn, abs=1e-6)


@given(st.integers(0, 10_000))
def test_rotation_of_the_angles_of_a_rotation(seed: int) -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    assert rotation_of(angles(rotation[None]))[0] == pytest.approx(rotation, abs=1e-6)


def test_no_turn_is_no_rotation() -> None:
    assert rotation_of(np.zeros((2, 3))) == pytest.approx(np.stack([np.eye(3)] * 2))
    assert angles(np.eye(3)[None]).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize(
    ("turn", "axis", "negative"),
    [((20, 0, 0), 1, True), ((-20, 0, 0), 1, False), ((0, 20, 0), 0, True), ((0, -20, 0), 0, False)],
)
def test_the_nose_goes_where_pitch_and_yaw_say(turn: tuple[float, ...], axis: int, negative: bool) -> None:
    """pitch > 0 looks up (y falls), yaw > 0 turns towards the image's left (x falls)."""
    nose = rotation_of(np.array([turn]))[0] @ [0, 0, -1]
    assert (nose[axis] < -0.3) == negative
    assert abs(nose[1 - axis]) < 1e-9


def test_roll_tilts_clockwise_in_the_image() -> None:
    across = rotation_of(np.array([[0, 0, 20.0]]))[0] @ [1, 0, 0]
    assert across == pytest.approx([np.cos(np.radians(20)), np.sin(np.radians(20)), 0])


@given(head, st.floats(2, 80), st.tuples(st.floats(-900, 900), st.floats(-900, 900), st.floats(-90, 90)))
def test_procrustes_recovers_what_was_put_in(
    turn: tuple[float, float, float], scale: float, shift: tuple[float, float, float]
) -> None:
    rotation, found, middle = procrustes(placed(turn, scale, shift))
    assert angles(rotation)[0] == pytest.approx(turn, abs=1e-5)
    assert found[0] == pytest.approx(scale)
    assert middle[0] == pytest.approx(shift, abs=1e-5)


@given(head, st.integers(0, 1000))
def test_procrustes_recovers_it_under_noise(turn: tuple[float, float, float], seed: int) -> None:
    points = placed(turn, 12, (320, 180, 0))
    noise = np.random.default_rng(seed).normal(0, 1, points.shape)
    rotation, scale, middle = procrustes(points + noise)
    assert angles(rotation)[0] == pytest.approx(turn, abs=3)
    assert scale[0] == pytest.approx(12, rel=0.03)
    assert middle[0] == pytest.approx([320, 180, 0], abs=4)


def test_procrustes_is_the_best_fit_and_no_reflection() -> None:
    points = placed((10, -20, 5), 10, (0, 0, 0)) + np.random.default_rng(1).normal(0, 2, (1, 468, 3))
    rotation, scale, middle = procrustes(points)

    def error(turn: np.ndarray, size: float, shift: np.ndarray) -> float:
        model = size * canonical_face() @ turn.T + shift
        return float((procrustes_weights()[:, None] * (model - points[0]) ** 2).sum())

    best = error(rotation[0], scale[0], middle[0])
    assert np.linalg.det(rotation[0]) == pytest.approx(1)
    for pitch, yaw, roll in (np.eye(3) * 0.5).tolist():
        for sign in (-1, 1):
            turned = rotation_of(sign * np.array([[pitch, yaw, roll]]))[0] @ rotation[0]
            assert error(turned, scale[0], middle[0]) > best
    assert error(rotation[0], scale[0] * 1.01, middle[0]) > best
    assert error(rotation[0], scale[0], middle[0] + [0.2, 0, 0]) > best


@given(head, st.integers(0, 1000))
def test_mirrored_landmarks_change_yaw_and_roll_only(turn: tuple[float, float, float], seed: int) -> None:
    points = placed(turn, 12, (320, 180, 0)) + np.random.default_rng(seed).normal(0, 1, (1, 468, 3))
    mirrored = (points * [-1, 1, 1] + [639, 0, 0])[:, mirror_index()]
    (rotation, scale, middle), (other, other_scale, other_middle) = procrustes(points), procrustes(mirrored)
    # the canonical face is symmetric to a thousandth of a centimetre, no further
    assert angles(other)[0] == pytest.approx(angles(rotation)[0] * [1, -1, -1], abs=0.01)
    assert other_scale == pytest.approx(scale, rel=1e-4)
    assert other_middle[0] == pytest.approx(middle[0] * [-1, 1, 1] + [639, 0, 0], abs=0.01)


def test_many_frames_are_each_their_own() -> None:
    turns = np.random.default_rng(0).uniform(-40, 40, (30, 3))
    points = np.concatenate([placed(tuple(turn), 5 + i, (i, -i, 0)) for i, turn in enumerate(turns)])
    rotation, scale, middle = procrustes(points)
    assert angles(rotation) == pytest.approx(turns, abs=1e-6)
    assert scale == pytest.approx(5 + np.arange(30))
    assert middle[:, 0] == pytest.approx(np.arange(30), abs=1e-6)
