"""HSEmotion's published files with random weights."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from tests.made.onnx_graphs import Graph

# EfficientNet-B0: expansion, channels, blocks, stride, kernel
_STAGES = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5))
_LAST = (6, 320, 1, 1, 3)
_SCALES = {224: (1.0, 1.0), 260: (1.1, 1.2)}


def write(path: Path, seed: int = 0, size: int = 224, outputs: int = 10) -> Path:
    """enet_b0_8_va_mtl.onnx: an EfficientNet from input [batch_size, 3, 224, 224] to output [batch_size, 10].

    size 260 makes a B2, outputs 8 a file without valence and arousal.
    """
    wider, deeper = _SCALES[size]
    net = Graph(seed)
    channels = _rounded(32 * wider)
    x = _swish(net, net.conv("input", 3, channels, 3, stride=2))
    for expansion, width, count, stride, kernel in (*_STAGES, _LAST):
        out = _rounded(width * wider)
        for index in range(ceil(count * deeper)):
            y = _block(net, x, channels, out, expansion, stride if index == 0 else 1, kernel)
            x = net.add("Add", y, x) if index else y
            channels = out
    head = _rounded(1280 * wider)
    x = _swish(net, net.conv(x, channels, head, 1))
    x = net.add("Flatten", net.add("GlobalAveragePool", x), axis=1)
    weights = net.noise(outputs, head, spread=2 * head**-0.5)
    net.add("Gemm", x, weights, net.noise(outputs, spread=0.5), transB=1, name="output")
    return net.write(path, {"input": ("batch_size", 3, size, size)}, {"output": ("batch_size", outputs)})


def _block(net: Graph, x: str, width: int, out: int, expansion: int, stride: int, kernel: int) -> str:
    """An inverted bottleneck with squeeze and excitation."""
    inner = width * expansion
    y = _swish(net, net.conv(x, width, inner, 1)) if expansion > 1 else x
    y = _swish(net, net.conv(y, inner, inner, kernel, stride, groups=inner))
    squeezed = max(1, width // 4)
    gate = _swish(net, net.conv(net.add("GlobalAveragePool", y), inner, squeezed, 1))
    y = net.add("Mul", y, net.add("Sigmoid", net.conv(gate, squeezed, inner, 1)))
    return net.conv(y, inner, out, 1)


def _swish(net: Graph, x: str) -> str:
    return net.add("Mul", x, net.add("Sigmoid", x))


def _rounded(width: float) -> int:
    """Channels in steps of eight, never less than nine tenths of what was asked."""
    whole = max(8, int(width + 4) // 8 * 8)
    return whole + 8 if whole < 0.9 * width else whole
