"""A LiteRT network is set up with the outputs asked for, and says which there are when one is missing."""

from __future__ import annotations

import numpy as np
import pytest

from models.litert import LiteRT
from models.weights import weights


def test_outputs_come_in_the_order_asked_for() -> None:
    path = weights("face_mesh").path()
    points, presence = LiteRT(path, ("conv2d_20", "conv2d_30"))(np.zeros((192, 192, 3), np.float32))
    assert (points.size, presence.size) == (468 * 3, 1)
    presence_first = LiteRT(path, ("conv2d_30", "conv2d_20"))
    assert presence_first.shape == (1, 192, 192, 3)
    assert [out.size for out in presence_first(np.zeros((192, 192, 3), np.float32))] == [1, 468 * 3]


def test_outputs_of_one_call_outlive_the_next() -> None:
    net = LiteRT(weights("face_mesh").path(), ("conv2d_20",))
    (first,) = net(np.zeros((192, 192, 3), np.float32))
    kept = first.copy()
    net(np.ones((192, 192, 3), np.float32))
    assert np.array_equal(first, kept)


def test_an_unknown_output_names_the_file_and_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"face_landmark\.tflite: no output called nose; it has conv2d_20, conv2d_30"):
        LiteRT(weights("face_mesh").path(), ("conv2d_20", "nose"))
