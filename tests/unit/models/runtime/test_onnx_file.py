"""Reading what an ONNX file takes and gives, and running it where it should run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from models.runtime.checkpoint import WrongWeights
from models.runtime.onnx_file import RUNTIME_ERRORS, Value, check_values, inputs_and_outputs, read_model, session

INPUT, OUTPUT = Value("x", (None, 3)), Value("y", (None, 3))


def model(kind: int = TensorProto.FLOAT, extra_output: bool = False) -> onnx.ModelProto:
    """y = x + w, from x [N, 3]; w stands among the inputs too, as in old files."""
    nodes = [helper.make_node("Add", ["x", "w"], ["y"]), helper.make_node("Identity", ["y"], ["z"])]
    w = numpy_helper.from_array(np.array([1, 2, 3], helper.tensor_dtype_to_np_dtype(kind)), "w")
    inputs = [helper.make_tensor_value_info("w", kind, [3]), helper.make_tensor_value_info("x", kind, ["N", 3])]
    outputs = [helper.make_tensor_value_info(name, kind, ["N", 3]) for name in ("y", "z")[: 1 + extra_output]]
    graph = helper.make_graph(nodes, "sum", inputs, outputs, [w])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    onnx.save(model(), str(tmp_path / "sum.onnx"))
    return tmp_path / "sum.onnx"


def test_inputs_and_outputs_without_the_constants(file: Path) -> None:
    assert inputs_and_outputs(file) == ([INPUT], [OUTPUT])
    check_values(file, [INPUT], [OUTPUT])


@pytest.mark.parametrize(
    ("inputs", "outputs", "problem"),
    [
        ([Value("a", (None, 3))], [OUTPUT], "input 0 is called x, expected a"),
        ([Value("x", (None, 4))], [OUTPUT], "input x is FLOAT [any, 3], expected FLOAT [any, 4]"),
        ([Value("x", (1, 3))], [OUTPUT], "input x is FLOAT [any, 3], expected FLOAT [1, 3]"),
        ([Value("x", (None, 3, None))], [OUTPUT], "input x is FLOAT [any, 3], expected FLOAT [any, 3, any]"),
        ([Value(None, (None, 3), "UINT8")], [OUTPUT], "input x is FLOAT [any, 3], expected UINT8 [any, 3]"),
        ([INPUT, Value("v", (1,))], [OUTPUT], "has no input v, expected FLOAT [1]"),
        ([INPUT], [Value(None, (None, 3)), Value(None, (2,))], "has no output 1, expected FLOAT [2]"),
        ([INPUT], [], "has an output y too many"),
        ([Value("a", (1,))], [Value("b", (1,))], "input 0 is called x, expected a"),
    ],
)
def test_the_first_difference_is_named(file: Path, inputs: list[Value], outputs: list[Value], problem: str) -> None:
    with pytest.raises(WrongWeights) as caught:
        check_values(file, inputs, outputs)
    assert str(caught.value) == f"{file}: {problem}; get the published file"


def test_another_type_of_numbers_is_a_difference(tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    onnx.save(model(TensorProto.FLOAT16), str(path))
    with pytest.raises(WrongWeights, match=r"input x is FLOAT16 \[any, 3\], expected FLOAT \[any, 3\]"):
        check_values(path, [INPUT], [OUTPUT])


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html>404</html>", b"", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_what_is_no_onnx_file_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with pytest.raises(WrongWeights, match=r"a\.onnx: not an ONNX file \(.+\); download it again"):
        read_model(path)


def test_a_file_cut_short_is_none(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(WrongWeights, match="not an ONNX file"):
        inputs_and_outputs(file)


def test_a_session_of_a_file_and_of_bytes(file: Path) -> None:
    x = np.zeros((2, 3), np.float32)
    for source in (file, file.read_bytes()):
        net = session(source, torch.device("cpu"))
        assert net.get_providers() == ["CPUExecutionProvider"]
        assert net.get_session_options().intra_op_num_threads == 1
        np.testing.assert_array_equal(net.run(None, {"x": x})[0], [[1, 2, 3]] * 2)


def test_without_a_device_pytorch_is_not_asked_where_no_gpu_could_be_used(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    monkeypatch.setattr("models.runtime.device.device", lambda: pytest.fail("asked"))
    assert session(file).get_providers() == ["CPUExecutionProvider"]


def test_a_gpu_that_onnxruntime_cannot_use_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.warns(UserWarning, match="pip install onnxruntime-gpu"):
        net = session(file, torch.device("cuda"))
    assert net.get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("told", [torch.device("cuda:1"), None])
def test_a_gpu_that_onnxruntime_can_use_is_used(
    file: Path, monkeypatch: pytest.MonkeyPatch, told: torch.device | None
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, providers: asked.append(providers))
    monkeypatch.setenv("VASARI_DEVICE", "cuda:1")
    session(file, told)
    assert asked == [[("CUDAExecutionProvider", {"device_id": 1}), "CPUExecutionProvider"]]


def test_errors_of_onnxruntime_are_known(file: Path) -> None:
    net = session(file)
    with pytest.raises(RUNTIME_ERRORS):
        net.run(None, {"x": np.zeros((2, 4), np.float32)})
    with pytest.raises(RUNTIME_ERRORS):
        session(model().SerializeToString().replace(b"Add", b"Adb"))
