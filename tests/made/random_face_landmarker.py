"""The published zip of the face landmarker with networks that answer the same random numbers to everything."""

from __future__ import annotations

import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Shapes = dict[str, tuple[int, ...]]

NETWORKS: dict[str, tuple[tuple[int, ...], Shapes]] = {
    "face_detector.tflite": ((1, 128, 128, 3), {"regressors": (1, 896, 16), "classificators": (1, 896, 1)}),
    "face_landmarks_detector.tflite": (
        (1, 256, 256, 3),
        {"Identity": (1, 1, 1, 1434), "Identity_1": (1, 1, 1, 1), "Identity_2": (1, 1)},
    ),
    "face_blendshapes.tflite": ((1, 146, 2), {"StatefulPartitionedCall:0": (52,)}),
}
"""The networks of the zip: the shape each takes, and its outputs by name."""


def write(path: Path, seed: int = 0) -> Path:
    """face_landmarker.task."""
    rng = np.random.default_rng(seed)
    with zipfile.ZipFile(path, "w") as archive:
        for name, (takes, outputs) in NETWORKS.items():
            archive.writestr(name, network(takes, outputs, rng))
    return path


def network(takes: tuple[int, ...], outputs: Shapes, rng: np.random.Generator) -> bytes:
    """A network without layers: an input of that shape, and outputs that are constants."""
    graph, model = schema.SubGraphT(), schema.ModelT()
    empty = schema.BufferT()
    buffers, tensors = [empty], [_tensor("input", takes, 0)]
    for name, shape in outputs.items():
        buffer = schema.BufferT()
        buffer.data = list(rng.random(shape, np.float32).tobytes())
        tensors.append(_tensor(name, shape, len(buffers)))
        buffers.append(buffer)
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, [0], list(range(1, len(tensors))), []
    model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], buffers, []
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name: str, shape: tuple[int, ...], buffer: int) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = (
        name.encode(),
        list(shape),
        buffer,
        schema.TensorType.FLOAT32,
    )
    return tensor
