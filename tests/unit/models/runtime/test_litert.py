"""A LiteRT network is set up with the outputs asked for, and says which there are when one is missing."""

from __future__ import annotations

import numpy as np
import pytest

from models.runtime.litert import LiteRT
from models.weights.registry import weights

MESH = ("conv2d_20", "conv2d_30")
NOISE = np.random.default_rng(0).integers(0, 256, (192, 192, 3), np.uint8)


def test_outputs_come_in_the_order_asked_for() -> None:
    path = weights("face_mesh").path()
    net = LiteRT(path, MESH)
    assert net.shape == (1, 192, 192, 3)
    assert [out.size for out in net(NOISE, 1 / 255)] == [468 * 3, 1]
    assert [out.size for out in LiteRT(path, MESH[::-1])(NOISE, 1 / 255)] == [1, 468 * 3]


def test_outputs_of_one_call_outlive_the_next() -> None:
    net = LiteRT(weights("face_mesh").path(), MESH)
    first, _ = net(NOISE, 1 / 255)
    kept = first.copy()
    second, _ = net(255 - NOISE, 1 / 255)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)


def test_pixels_are_scaled_and_shifted() -> None:
    net = LiteRT(weights("face_mesh").path(), MESH)
    wanted, _ = net(NOISE.astype(np.float32) / 127.5 - 1, 1.0)
    scaled, _ = net(NOISE, 1 / 127.5, -1.0)
    assert scaled == pytest.approx(wanted, abs=1e-3)
    mirrored, _ = net(NOISE[:, ::-1], 1 / 255)
    assert mirrored == pytest.approx(net(np.ascontiguousarray(NOISE[:, ::-1]), 1 / 255)[0])


def test_an_unknown_output_names_the_file_and_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"face_landmark\.tflite: no output called nose; it has conv2d_20, conv2d_30"):
        LiteRT(weights("face_mesh").path(), ("conv2d_20", "nose"))
