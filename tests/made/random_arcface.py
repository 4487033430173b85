"""ArcFace's published file with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.made.onnx_graphs import Graph

BLOCKS = (3, 4, 14, 3)
SMALL = {"blocks": (1, 1, 1, 1), "width": 8}
"""For tests that only need its form: 7 MB in place of 174."""


def write(path: Path, seed: int = 0, blocks: Sequence[int] = BLOCKS, width: int = 64) -> Path:
    """w600k_r50.onnx: an iresnet50, from input.1 [None, 3, 112, 112] to 683, which it says is [1, 512].

    Its norms before a convolution stand in the graph, those behind one are folded into it.
    """
    net = Graph(seed)
    x = _prelu(net, net.conv("input.1", 3, width, 3), width)
    channels, side = width, 112
    for layer, count in enumerate(blocks):
        out, side = width << layer, side // 2
        for index in range(count):
            stride = 2 if index == 0 else 1
            y = net.conv(net.norm(x, channels), channels, out, 3)
            y = net.conv(_prelu(net, y, out), out, out, 3, stride, gain=0.3)
            if index == 0:
                x = net.conv(x, channels, out, 1, stride)
            x, channels = net.add("Add", y, x), out
    x = net.add("Flatten", net.norm(x, channels), axis=1)
    size = channels * side**2
    x = net.add("Gemm", x, net.noise(512, size, spread=size**-0.5), net.noise(512, spread=0.1), transB=1)
    net.norm(x, 512, name="683")
    return net.write(path, {"input.1": ("None", 3, 112, 112)}, {"683": (1, 512)})


def _prelu(net: Graph, x: str, width: int) -> str:
    return net.add("PRelu", x, net.noise(width, 1, 1, spread=0.05, around=0.25))
