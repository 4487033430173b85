"""SCRFD's published files with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.made.onnx_graphs import Graph

NAMES = ("448", "471", "494", "451", "474", "497", "454", "477", "500")
STRIDES = (8, 16, 32)
_WIDTH = 16
_ANCHORS = 2


def write(path: Path, seed: int = 0, size: int | None = None, with_batch: bool = False, points: bool = True) -> Path:
    """det_10g.onnx: from input.1 [1, 3, ?, ?] to scores, boxes and points at strides 8, 16 and 32.

    Its outputs have no axis for the batch and say how long they are for 640 x 640. with_batch: as later exports are,
    with that axis, for pictures of `size` alone. points: with the outputs of the five points. A small network: the
    published one's layers are of no consequence to who reads it.
    """
    net = Graph(seed)
    x = net.add("Relu", net.conv("input.1", 3, _WIDTH, 3, stride=2))
    x = net.add("Relu", net.conv(x, _WIDTH, _WIDTH, 3, stride=2))
    shapes: dict[str, tuple[int, ...]] = {}
    for level, stride in enumerate(STRIDES):
        x = net.add("Relu", net.conv(x, _WIDTH, _WIDTH, 3, stride=2))
        cells = ((size or 640) // stride) ** 2 * _ANCHORS
        for kind, width in enumerate((1, 4, 10) if points else (1, 4)):
            name = NAMES[3 * kind + level]
            shapes[name] = (1, cells, width) if with_batch else (cells, width)
            _head(net, x, width, name, with_batch)
    outputs = {name: shapes[name] for name in NAMES if name in shapes}
    return net.write(path, {"input.1": (1, 3, size or "?", size or "?")}, outputs)


def _head(net: Graph, x: str, width: int, name: str, with_batch: bool) -> None:
    """One output; its rows are cells, the batch behind or before them. Scores stay low, edges lie outwards."""
    x = net.conv(x, _WIDTH, width * _ANCHORS, 3)
    if width == 1:
        x = net.add("Sub", x, net.numbers(np.full(1, 4, np.float32)))
    if width == 4:
        x = net.add("Abs", x)
    x = net.add("Transpose", x, perm=[0, 2, 3, 1] if with_batch else [2, 3, 0, 1])
    shape = net.numbers(np.array([0, -1, width] if with_batch else [-1, width]))
    if width == 1:
        net.add("Sigmoid", net.add("Reshape", x, shape), name=name)
    else:
        net.add("Reshape", x, shape, name=name)
