"""A network as large as det_10g.onnx, SCRFD's 10 GFlops variant, with random weights: what it finds means nothing.

Layers as published: a ResNet of basic blocks (3, 4, 2, 3 of 56, 88, 88 and 224 channels) behind three convolutions,
a path aggregation network of 56 channels, and a head of three convolutions of 80 channels for each stride. The file
has 16.9 MB, as the published one has.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.made.onnx_graphs import Graph
from tests.made.random_scrfd import NAMES, STRIDES

_BLOCKS = ((3, 56), (4, 88), (2, 88), (3, 224))
_NECK, _HEAD = 56, 80
_ANCHORS = 2
_KINDS = (("score", 1), ("box", 4), ("points", 10))
_SIZE = 640


def write(path: Path, seed: int = 0) -> Path:
    """From input.1 [1, 3, ?, ?] to scores, boxes and points at strides 8, 16 and 32, in the names of det_10g.onnx."""
    net = Graph(seed)
    x = _relu(net, net.conv("input.1", 3, 28, 3, stride=2))
    x = _relu(net, net.conv(_relu(net, net.conv(x, 28, 28, 3)), 28, 56, 3))
    x = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    width, levels = 56, []
    for layer, (count, out) in enumerate(_BLOCKS):
        for index in range(count):
            x = _block(net, x, width, out, 2 if layer and index == 0 else 1)
            width = out
        levels.append((x, width))
    outputs: dict[str, tuple[int, ...]] = {}
    for level, (x, stride) in enumerate(zip(_neck(net, levels[1:]), STRIDES, strict=True)):
        outputs |= _head(net, x, level, (_SIZE // stride) ** 2 * _ANCHORS)
    return net.write(path, {"input.1": (1, 3, "?", "?")}, {name: outputs[name] for name in NAMES})


def _relu(net: Graph, x: str) -> str:
    return net.add("Relu", x)


def _block(net: Graph, x: str, width: int, out: int, stride: int) -> str:
    y = net.conv(_relu(net, net.conv(x, width, out, 3, stride)), out, out, 3, gain=0.3)
    if stride > 1:
        x = net.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    if width != out:
        x = net.conv(x, width, out, 1)
    return _relu(net, net.add("Add", x, y))


def _neck(net: Graph, levels: list[tuple[str, int]]) -> list[str]:
    """Three levels of equal width: information goes down from the coarsest, then up from the finest."""
    sides = [net.conv(x, width, _NECK, 1) for x, width in levels]
    nowhere, twice = net.numbers(np.zeros(0, np.float32)), net.numbers(np.array([1, 1, 2, 2], np.float32))
    for fine in (1, 0):
        larger = net.add("Resize", sides[fine + 1], nowhere, twice, mode="nearest")
        sides[fine] = net.add("Add", sides[fine], larger)
    down = [net.conv(x, _NECK, _NECK, 3) for x in sides]
    for coarse in (1, 2):
        down[coarse] = net.add("Add", down[coarse], net.conv(down[coarse - 1], _NECK, _NECK, 3, stride=2))
    return [down[0], *(net.conv(x, _NECK, _NECK, 3) for x in down[1:])]


def _head(net: Graph, x: str, level: int, count: int) -> dict[str, tuple[int, int]]:
    """The three outputs of one level and their shapes; scores are far below a half."""
    width = _NECK
    for _ in range(3):
        x, width = _relu(net, net.conv(x, width, _HEAD, 3)), _HEAD
    shapes = {}
    for kind, (what, numbers) in enumerate(_KINDS):
        name = NAMES[len(STRIDES) * kind + level]
        y = net.conv(x, width, numbers * _ANCHORS, 3, gain=0.001 if what == "score" else 0.3)
        if what == "score":
            y = net.add("Sub", y, net.numbers(np.full(1, 8, np.float32)))
        y = net.add("Transpose", y, perm=[2, 3, 0, 1])
        shape = net.numbers(np.array([-1, numbers]))
        if what == "score":
            net.add("Sigmoid", net.add("Reshape", y, shape), name=name)
        else:
            net.add("Reshape", y, shape, name=name)
        shapes[name] = (count, numbers)
    return shapes
