"""Reading the layers of a network that dlib has saved, in the order in which they run.

dlib writes an integer as one byte (its length in bytes, 0x80 set when negative) and the bytes, little-endian; a tensor
as the integers version, samples, k, rows, columns and its float32 values; a layer as its name and its contents. Only
the layers with weights are read. Source: dlib/serialize.h, dlib/dnn/layers.h, dlib/cuda/tensor.h (Boost licence).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_NAMES = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2")


@dataclass(frozen=True)
class Convolution:
    """`con_`: weights [filters, channels, rows, columns], bias [filters], stride and padding of both axes."""

    weights: np.ndarray
    bias: np.ndarray
    stride: int
    padding: int


@dataclass(frozen=True)
class Affine:
    """`affine_`, a frozen batch normalisation: gain [channels] and bias [channels]."""

    gain: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class FullyConnected:
    """`fc_no_bias`: weights [inputs, outputs]."""

    weights: np.ndarray


Layer = Convolution | Affine | FullyConnected


def read_layers(path: Path) -> list[Layer]:
    """The layers with weights, from the input to the output. Raises ValueError when the file ends inside one."""
    data = path.read_bytes()
    try:
        return list(_layers(data))
    except (IndexError, ValueError) as error:
        raise ValueError(f"{path}: not a network saved by dlib, or cut off ({error}); copy it again") from error


def _layers(data: bytes) -> Iterator[Layer]:
    at = 0
    while found := _NAMES.search(data, at):
        name, at = found.group()[2:], found.end()
        if name == b"con_4":
            values, at = _tensor(data, at)
            (filters, rows, columns, stride, _, padding, _), at = _integers(data, at, 7)
            shape = (filters, -1, rows, columns)
            yield Convolution(values[:-filters].reshape(shape), values[-filters:], stride, padding)
        elif name == b"affine_":
            values, at = _tensor(data, at)
            half = len(values) // 2
            yield Affine(values[:half], values[half:])
        else:
            (outputs, inputs), at = _integers(data, at, 2)
            values, at = _tensor(data, at)
            yield FullyConnected(values.reshape(inputs, outputs))


def _integers(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """(`count` integers, where they end)."""
    out = []
    for _ in range(count):
        length = data[at] & 0x0F
        value = int.from_bytes(data[at + 1 : at + 1 + length], "little")
        out.append(-value if data[at] & 0x80 else value)
        at += 1 + length
    return out, at


def _tensor(data: bytes, at: int) -> tuple[np.ndarray, int]:
    """(values float32, flat, where they end)."""
    (_, *shape), at = _integers(data, at, 5)
    count = int(np.prod(shape))
    return np.frombuffer(data, "<f4", count, at), at + 4 * count
