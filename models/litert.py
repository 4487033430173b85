"""A LiteRT (TensorFlow Lite) network with one float32 image input, set up once per process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class LiteRT:
    """One interpreter, one thread: workers scale by processes, not by threads."""

    def __init__(self, path: Path, outputs: tuple[str, ...]) -> None:
        self._interpreter = Interpreter(model_path=str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        (spec,) = self._interpreter.get_input_details()
        self.shape: tuple[int, ...] = tuple(int(n) for n in spec["shape"])
        self._input = spec["index"]
        index = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}
        missing = [name for name in outputs if name not in index]
        if missing:
            raise ValueError(f"{path}: no output called {missing[0]}; it has {', '.join(sorted(index))}")
        self._outputs = [index[name] for name in outputs]

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """Run one image, float32 of `shape` without its leading 1; returns the outputs in the order asked for."""
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(i) for i in self._outputs]
