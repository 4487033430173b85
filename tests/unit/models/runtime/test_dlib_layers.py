"""dlib's file format, read from the real file and from hand-made bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.recognition.face_recognition import graph
from models.runtime.dlib_layers import Affine, Convolution, FullyConnected, read_layers
from models.weights.registry import weights


def integer(value: int) -> bytes:
    """As dlib writes it."""
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def tensor(values: np.ndarray) -> bytes:
    return b"".join(map(integer, (2, values.size, 1, 1, 1))) + values.astype("<f4").tobytes()


def test_every_kind_of_layer_is_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(300, 2, 3, 3)).astype("f4"), rng.normal(size=300).astype("f4")
    gain, shift, last = rng.normal(size=(2, 300)).astype("f4")[0], np.ones(300, "f4"), rng.normal(size=(300, 7))
    head = integer(5) + b"con_4" + tensor(np.concatenate([kernel.ravel(), bias]))
    sizes = b"".join(map(integer, (300, 3, 3, 2, 2, 0, 0)))
    file = tmp_path / "net.dat"
    file.write_bytes(
        b"a header"
        + head
        + sizes
        + integer(7)
        + b"affine_"
        + tensor(np.concatenate([gain, shift]))
        + integer(4)
        + b"fc_2"
        + integer(7)
        + integer(300)
        + tensor(last)
    )
    first, second, third = read_layers(file)
    assert isinstance(first, Convolution)
    assert isinstance(second, Affine)
    assert isinstance(third, FullyConnected)
    np.testing.assert_array_equal(first.weights, kernel)
    np.testing.assert_array_equal(first.bias, bias)
    assert (first.stride, first.padding) == (2, 0)
    np.testing.assert_array_equal(second.gain, gain)
    np.testing.assert_array_equal(second.bias, shift)
    np.testing.assert_array_equal(third.weights, last.astype("f4"))


def test_the_network_has_the_layers_of_its_paper() -> None:
    layers = read_layers(weights("dlib_face_recognition").path())
    convolutions = [layer for layer in layers if isinstance(layer, Convolution)]
    assert [len(layer.bias) for layer in convolutions] == [32] * 7 + [64] * 8 + [128] * 6 + [256] * 8
    assert isinstance(layers[-1], FullyConnected)
    assert layers[-1].weights.shape == (256, 128)


def test_a_file_that_is_cut_off_or_another_network_is_refused(tmp_path: Path) -> None:
    whole = weights("dlib_face_recognition").path().read_bytes()
    short = tmp_path / "short.dat"
    short.write_bytes(whole[:1_000_000])
    with pytest.raises(ValueError, match=r"short\.dat: not a network saved by dlib, or cut off"):
        read_layers(short)
    short.write_bytes(b"no layers in here")
    with pytest.raises(ValueError, match=r"short\.dat: 0 layers with weights, 59 expected"):
        graph(short)
