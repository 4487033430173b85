"""Building ONNX files node by node, as exports from PyTorch lay them out, with random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Axes = Sequence[int | str]


class Graph:
    """Nodes strung together; every method returns the name of what its node gives. He's scaling throughout."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._numbers: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """A node; name: of its output."""
        out = name or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def numbers(self, values: np.ndarray) -> str:
        """An initialiser."""
        name = f"w{len(self._numbers)}"
        self._numbers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def noise(self, *shape: int, spread: float = 1.0, around: float = 0.0) -> str:
        """An initialiser of random numbers."""
        return self.numbers((around + spread * self.random.standard_normal(shape, np.float32)).astype(np.float32))

    def conv(
        self, x: str, width: int, out: int, kernel: int, stride: int = 1, groups: int = 1, gain: float = 1.0
    ) -> str:
        """A convolution from `width` to `out` channels with its bias, padded to keep the picture's size."""
        fan = width // groups * kernel**2
        weights = self.noise(out, width // groups, kernel, kernel, spread=gain * (2 / fan) ** 0.5)
        return self.add(
            "Conv",
            x,
            weights,
            self.noise(out, spread=0.1),
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[kernel // 2] * 4,
            group=groups,
        )

    def norm(self, x: str, width: int, name: str | None = None) -> str:
        """A batch norm whose statistics are close to nothing done."""
        values = (self.noise(width, spread=0.1, around=mean) for mean in (1.0, 0.0, 0.0))
        spread = self.numbers(1 + 0.1 * self.random.random(width, np.float32))
        return self.add("BatchNormalization", x, *values, spread, epsilon=1e-5, name=name)

    def write(
        self, path: Path, inputs: dict[str, Axes], outputs: dict[str, Axes], opset: int = 11, ir_version: int = 6
    ) -> Path:
        """The file, its inputs and outputs with their shapes by name; a text is an axis without a length."""

        def values(shapes: dict[str, Axes]) -> list[onnx.ValueInfoProto]:
            return [helper.make_tensor_value_info(name, TensorProto.FLOAT, axes) for name, axes in shapes.items()]

        graph = helper.make_graph(self._nodes, "torch-jit-export", values(inputs), values(outputs), self._numbers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version, producer_name="pytorch"
        )
        onnx.save(model, str(path))
        return path
