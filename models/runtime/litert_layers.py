"""A LiteRT network as PyTorch layers: what it sees can then be learned from, and pictures go through it in batches.

The graph is the interpreter's own. Strides and paddings are not in it; TensorFlow's padding "same" is the only one by
which a layer keeps its input's size or halves it, and a kernel as large as its input has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class _Step:
    """One layer of the graph, between numbered tensors."""

    layer: nn.Module
    inputs: tuple[int, ...]
    output: int


class LiteRTLayers(nn.Module):
    """Pictures [N, 3, H, W], scaled as the network wants them, to its `outputs`, [N, ...] flat each.

    Knows the layers of MediaPipe's landmark networks. Nothing in it learns. ValueError: the file has others, or no such
    output.
    """

    def __init__(self, path: Path, outputs: tuple[str, ...]) -> None:
        super().__init__()
        # fused for the CPU the layers would be hidden behind one operation
        interpreter = Interpreter(
            str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        )
        interpreter.allocate_tensors()
        named = {each["name"]: int(each["index"]) for each in interpreter.get_output_details()}
        missing = [name for name in outputs if name not in named]
        if missing:
            raise ValueError(f"{path}: no output called {missing[0]}; it has {', '.join(sorted(named))}")
        (given,) = interpreter.get_input_details()
        self._input, self._outputs = int(given["index"]), [named[name] for name in outputs]
        shapes = {int(each["index"]): [int(n) for n in each["shape"]] for each in interpreter.get_tensor_details()}
        self._steps = [_step(interpreter, path, shapes, each) for each in interpreter._get_ops_details()]
        self.layers = nn.ModuleList(step.layer for step in self._steps)
        self.eval().requires_grad_(False)

    def forward(self, picture: torch.Tensor) -> list[torch.Tensor]:
        found = {self._input: picture.contiguous(memory_format=torch.channels_last)}
        for step in self._steps:
            found[step.output] = step.layer(*(found[place] for place in step.inputs))
        return [found[place].flatten(1) for place in self._outputs]


class _Padded(nn.Module):
    """A convolution behind TensorFlow's padding, which puts the odd pixel last."""

    def __init__(self, convolution: nn.Conv2d, total: int) -> None:
        super().__init__()
        self.convolution = convolution
        self._pad = (total // 2, total - total // 2) * 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.convolution(F.pad(x, self._pad))


class _MoreChannels(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self._pad = (0, 0, 0, 0, before, after)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(x, self._pad)


class _Sum(nn.Module):
    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return one + other


def _step(
    interpreter: Interpreter, path: Path, shapes: Mapping[int, Sequence[int]], operation: Mapping[str, Any]
) -> _Step:
    """A layer of the graph, with its numbers. shapes: of all its tensors."""
    kind, inputs = operation["op_name"], [int(place) for place in operation["inputs"]]
    (output,) = (int(place) for place in operation["outputs"])
    before, after = shapes[inputs[0]], shapes[output]
    numbers = [torch.tensor(interpreter.get_tensor(place)) for place in inputs[1:]] if kind != "ADD" else []
    count = 2 if kind == "ADD" else 1
    if "CONV" in kind and not all(values.is_floating_point() for values in numbers):
        raise ValueError(f"{path}: {kind} with whole numbers; give a network that is not quantised")
    layer: nn.Module
    if kind == "CONV_2D":
        layer = _convolution(numbers[0].permute(0, 3, 1, 2), numbers[1], 1, before[1], after[1])
    elif kind == "DEPTHWISE_CONV_2D":
        layer = _convolution(numbers[0].permute(3, 0, 1, 2), numbers[1], before[3], before[1], after[1])
    elif kind == "PRELU":
        layer = nn.PReLU(after[3])
        layer.weight = nn.Parameter(numbers[0].flatten())
    elif kind == "ADD":
        layer = _Sum()
    elif kind == "MAX_POOL_2D":
        layer = nn.MaxPool2d(before[1] // after[1])
    elif kind == "PAD":
        layer = _MoreChannels(*(int(count) for count in numbers[0][3]))
    elif kind == "RESHAPE":
        layer = nn.Flatten()
    else:
        raise ValueError(f"{path}: no layer for {kind}")
    return _Step(layer, tuple(inputs[:count]), output)


def _convolution(weight: torch.Tensor, bias: torch.Tensor, groups: int, before: int, after: int) -> nn.Module:
    """weight [O, I, k, k]; before, after: the sides of its input and output, in pixels."""
    filters, channels, kernel, _ = weight.shape
    stride = max(1, before // after) if after > 1 else kernel
    missing = max(0, (after - 1) * stride + kernel - before)
    layer = nn.Conv2d(channels * groups, filters, kernel, stride, missing // 2 if missing % 2 == 0 else 0, 1, groups)
    # on CPUs these networks take two thirds of the time when a pixel's channels lie side by side
    layer.weight, layer.bias = nn.Parameter(weight.contiguous(memory_format=torch.channels_last)), nn.Parameter(bias)
    return layer if missing % 2 == 0 else _Padded(layer, missing)
