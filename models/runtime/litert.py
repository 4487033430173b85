"""A LiteRT (TensorFlow Lite) network with one image input, set up once per process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class LiteRT:
    """One interpreter, one thread: workers scale by processes, not by threads. path: the file, or what is in it."""

    def __init__(self, path: Path | bytes, outputs: tuple[str, ...]) -> None:
        source = {"model_content": path} if isinstance(path, bytes) else {"model_path": str(path)}
        self._interpreter = Interpreter(**source, num_threads=1)
        self._interpreter.allocate_tensors()
        (spec,) = self._interpreter.get_input_details()
        self.shape: tuple[int, ...] = tuple(int(n) for n in spec["shape"])
        self._input = spec["index"]
        index = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}
        missing = [name for name in outputs if name not in index]
        if missing:
            name = "the network" if isinstance(path, bytes) else path
            raise ValueError(f"{name}: no output called {missing[0]}; it has {', '.join(sorted(index))}")
        self._outputs = [index[name] for name in outputs]

    def __call__(self, image: np.ndarray, scale: float, offset: float = 0.0) -> list[np.ndarray]:
        """Run one uint8 image of `shape` without its leading 1, as image * scale + offset.

        Returns the outputs in the order asked for. The pixels are scaled straight into the network's own memory: a
        float copy of a 192 x 192 patch costs a third of the face mesh.
        """
        pixels = self._interpreter.tensor(self._input)()[0]
        np.multiply(image, np.float32(scale), out=pixels)
        if offset:
            pixels += np.float32(offset)
        del pixels  # a view into the interpreter must be gone when it runs
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(i) for i in self._outputs]
