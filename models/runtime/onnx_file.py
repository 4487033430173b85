"""Published ONNX files: what goes in and out of them, and a session to run them in.

An ONNX file is a graph and its numbers; reading one executes nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, RuntimeException

if TYPE_CHECKING:
    import torch

_GPU, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_ERRORS_ONLY = 3

RUNTIME_ERRORS = (Fail, InvalidArgument, InvalidGraph, RuntimeException)
"""What ONNX Runtime raises of a network it cannot build or run; each is an Exception of its own, no RuntimeError."""


@dataclass(frozen=True)
class Value:
    """An input or output of a network: its name, its shape and its type of numbers as ONNX writes it.

    name: None where exports of one network differ in it. shape: None for an axis of any length, fixed or not.
    """

    name: str | None
    shape: tuple[int | None, ...]
    kind: str = "FLOAT"

    def __str__(self) -> str:
        axes = ", ".join("any" if length is None else str(length) for length in self.shape)
        return f"{self.kind} [{axes}]"


def read_model(path: Path) -> onnx.ModelProto:
    """An ONNX file that holds its numbers itself. Raises WrongWeights when the file is none."""
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise _wrong(f"{path}: not an ONNX file ({type(error).__name__}); download it again") from error
    if not model.graph.node:
        raise _wrong(f"{path}: not an ONNX file (it has no network); download it again")
    return model


def inputs_and_outputs(path: Path) -> tuple[list[Value], list[Value]]:
    """What goes into the network of an ONNX file and what comes out. The graph is read and not run."""
    graph = read_model(path).graph
    constants = {tensor.name for tensor in graph.initializer}
    return [_value(info) for info in graph.input if info.name not in constants], [_value(i) for i in graph.output]


def check_values(path: Path, inputs: Sequence[Value], outputs: Sequence[Value]) -> None:
    """WrongWeights naming the first input or output of the file that is missing, differs or is too many."""
    found_inputs, found_outputs = inputs_and_outputs(path)
    for role, found, expected in (("input", found_inputs, inputs), ("output", found_outputs, outputs)):
        problem = next(_differences(role, found, expected), None)
        if problem is not None:
            raise _wrong(f"{path}: {problem}; get the published file")


def _differences(role: str, found: Sequence[Value], expected: Sequence[Value]) -> Iterator[str]:
    """In words, what of `found` is not as `expected`, in the order of the file."""
    for place, wanted in enumerate(expected):
        title = f"{role} {place if wanted.name is None else wanted.name}"
        if place >= len(found):
            yield f"has no {title}, expected {wanted}"
            return
        value = found[place]
        if wanted.name is not None and value.name != wanted.name:
            yield f"{role} {place} is called {value.name}, expected {wanted.name}"
        elif value.kind != wanted.kind or not _fits(value.shape, wanted.shape):
            yield f"{role} {value.name} is {value}, expected {wanted}"
    if len(found) > len(expected):
        yield f"has an {role} {found[len(expected)].name} too many"


def _fits(shape: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w is None or w == n for n, w in zip(shape, wanted, strict=True))


def _value(info: onnx.ValueInfoProto) -> Value:
    tensor = info.type.tensor_type
    shape = tuple(d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in tensor.shape.dim)
    return Value(info.name, shape, onnx.TensorProto.DataType.Name(tensor.elem_type))


def session(model: Path | bytes, device: torch.device | None = None) -> onnxruntime.InferenceSession:
    """A session for an ONNX file, or for a model serialised to bytes, on `device`: one thread on a CPU.

    device: None for this process's (models.runtime.device); PyTorch, which knows it, is then imported only if ONNX
    Runtime could use a GPU at all. Given a GPU that ONNX Runtime cannot use it warns and runs on the CPU.
    """
    usable = _GPU in onnxruntime.get_available_providers()
    if device is None and usable:
        from models.runtime.device import device as this_process

        device = this_process()
    gpu = device is not None and device.type == "cuda"
    if gpu and not usable:
        warnings.warn("this onnxruntime runs on the CPU alone; for the GPU: pip install onnxruntime-gpu", stacklevel=2)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # published files state output shapes for a batch of one; it warns of every batch that has another size
    options.log_severity_level = _ERRORS_ONLY
    providers: list[str | tuple[str, dict[str, int]]] = [_CPU]
    if gpu and usable:
        assert device is not None
        providers.insert(0, (_GPU, {"device_id": device.index or 0}))
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=providers)


def _wrong(text: str) -> Exception:
    # its module imports PyTorch, which takes seconds and is not needed to run an ONNX file
    from models.runtime.checkpoint import WrongWeights

    return WrongWeights(text)
