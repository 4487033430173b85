"""What a sync network is shown of a face."""

from __future__ import annotations

import numpy as np
import pytest

from models.face.landmarks import canonical_size
from models.landmarks.canonical_face import canonical_face
from models.sync.face_features import DYNAMICS, SHAPES, WIDTH, face_features, mouth_shapes

USUAL = np.array([0.02, 0.03, 0.03, 0.03, 0.03])


def faces(count: int) -> np.ndarray:
    """The canonical face in crop units, so often."""
    return np.repeat((canonical_face() * canonical_size())[None], count, 0).astype(np.float32)


def test_each_shape_is_what_it_is_called() -> None:
    """A hair's breadth of lips and chin: the whole face's pose does not notice."""
    change = np.zeros((5, 468, 3), np.float32)
    change[0, 14, 1] = 0.004  # the inner lower lip goes down
    change[1, 17, 1] = 0.004  # the outer one
    change[2, 291, 0] = 0.004  # a corner goes out
    change[3, 152, 1] = 0.004  # the chin goes down
    change[4, [0, 17], 2] = 0.004  # lips go back
    still, moved = mouth_shapes(faces(5)), mouth_shapes(faces(5) + change)
    assert still.shape == (5, SHAPES)
    wanted = np.diag(0.004 / USUAL)
    assert np.diag(moved - still) == pytest.approx(np.diag(wanted), rel=0.15)
    assert np.abs(moved - still - wanted).max() < 0.02


def test_neither_pose_nor_size_is_in_a_mouth_s_shape() -> None:
    turn = np.array([[0.94, 0, 0.34], [0, 1, 0], [-0.34, 0, 0.94]])
    seen = 0.8 * faces(1) @ turn.T + np.array([0.2, -0.1, 0])
    assert np.abs(mouth_shapes(seen.astype(np.float32)) - mouth_shapes(faces(1))).max() < 0.1


def test_features_are_over_the_clip_s_middle_and_say_what_is_there() -> None:
    random = np.random.default_rng(0)
    dynamics, shapes = random.normal(3, 1, (7, 32)), random.normal(-2, 1, (7, SHAPES))
    both = face_features(dynamics, shapes)
    assert both.shape == (7, WIDTH)
    assert np.abs(np.median(both[:, :-2], 0)).max() < 1e-6
    assert np.allclose(both[:, :DYNAMICS], dynamics[:, :DYNAMICS] - np.median(dynamics[:, :DYNAMICS], 0), atol=1e-6)
    assert both[:, -2:].tolist() == [[1, 1]] * 7
    alone = face_features(None, shapes)
    assert not alone[:, :DYNAMICS].any()
    assert alone[0, -2:].tolist() == [0, 1]
    assert np.array_equal(alone[:, DYNAMICS:-2], both[:, DYNAMICS:-2])
    assert face_features(dynamics, None)[0, -2:].tolist() == [1, 0]
    assert face_features(dynamics[:, :4], None).shape == (7, WIDTH)


def test_nothing_to_look_at_is_an_error() -> None:
    with pytest.raises(ValueError, match="neither latents nor landmarks"):
        face_features(None, None)
