"""dlib's face recognition network: 128 numbers a face; below about 0.6 (Euclidean) two faces are one person.

Source: dlib.net/face_recognition (Davis King), weights CC0; a ResNet of 29 convolutions (He et al., arXiv 1512.03385)
with half the filters and fewer layers than ResNet-34. dlib itself takes 76 ms a face on one core, the same layers in
ONNX Runtime 6 ms, with the same numbers (tests/quality/models/recognition). The face is put where dlib puts it by
five points, which are taken from the face mesh.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from models.runtime.dlib_layers import Affine, Convolution, FullyConnected, Layer, read_layers
from models.runtime.image import cut, fitted
from models.weights.registry import weights

SAME_PERSON = 0.6
SIZE = 150
MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_PADDING = 0.25
# the eye on the image's right (outer, inner), the eye on the left (outer, inner), base of the nose
_FIVE = (263, 362, 33, 133, 2)
BLOCKS = 14
_OPSET = 18
# where dlib's mean face has them, as shares of the unpadded chip (dlib/image_transforms/interpolation.h)
_MEAN_FACE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)


class FaceRecognition:
    """Identity vectors [128] float32."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = graph(weights("dlib_face_recognition").path()).SerializeToString()
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def __call__(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """From uint8 RGB [H, W, 3] and landmarks [468, >=2] in its pixels."""
        return self.describe(face_of(image, landmarks))

    def describe(self, face: np.ndarray) -> np.ndarray:
        """From a face cut out already, uint8 RGB [150, 150, 3]."""
        pixels = (face.astype(np.float32) - MEAN) / 256
        (vector,) = self._session.run(None, {"face": pixels.transpose(2, 0, 1)[None]})
        return np.asarray(vector[0], np.float32)


def face_of(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face as the network wants it, uint8 RGB [150, 150, 3], of an image and landmarks [468, >=2] in its pixels."""
    return cut(image, chip(landmarks[list(_FIVE), :2]), SIZE)


def chip(points: np.ndarray) -> np.ndarray:
    """The matrix from frame pixels to the network's picture that best puts five points [5, 2] onto the mean face."""
    # dlib counts pixel edges, `cut` pixel centres
    return fitted(points, (_MEAN_FACE + _PADDING) / (1 + 2 * _PADDING) * SIZE - 0.5)


def graph(path: Path) -> onnx.ModelProto:
    """dlib's network as an ONNX model: `face` [N, 3, 150, 150] to `vector` [N, 128]. Raises ValueError if it differs.

    Fourteen residual blocks of two convolutions. Where a block halves the picture its shortcut is averaged 2 x 2 and
    gets empty channels, and the smaller of the two pictures is padded with zeros, as in dlib's `add_prev`.
    """
    layers = read_layers(path)
    if len(layers) != 2 * (1 + 2 * BLOCKS) + 1:
        raise ValueError(f"{path}: {len(layers)} layers with weights, {2 * (1 + 2 * BLOCKS) + 1} expected")
    net = _Graph(iter(layers))
    x, channels, _ = net.convolution("face")
    x = net.add("MaxPool", net.add("Relu", x), kernel_shape=[3, 3], strides=[2, 2])
    side = ((SIZE - 7) // 2 + 1 - 3) // 2 + 1
    for _ in range(BLOCKS):
        y, filters, stride = net.convolution(x)
        y, _, _ = net.convolution(net.add("Relu", y))
        if stride == 2:
            x = net.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            inner, side = (side - 3) // 2 + 1, side // 2
            y = net.pad(y, 0, side - inner)
        x = net.add("Relu", net.add("Add", net.pad(x, filters - channels, 0), y))
        channels = filters
    x = net.add("ReduceMean", x, net.constant(np.array([2, 3])), keepdims=0)
    return net.finish(x)


class _Graph:
    """ONNX nodes while they are strung together."""

    def __init__(self, layers: Iterator[Layer]) -> None:
        self._layers = layers
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, values: np.ndarray) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def pad(self, x: str, channels: int, side: int) -> str:
        """`x` with that many more channels, and rows and columns at the end, of zeros."""
        if not channels and not side:
            return x
        return self.add("Pad", x, self.constant(np.array([0, 0, 0, 0, 0, channels, side, side])))

    def convolution(self, x: str) -> tuple[str, int, int]:
        """(output, its channels, stride) of the next convolution, with the affine layer behind it folded in."""
        layer, norm = next(self._layers), next(self._layers)
        if not isinstance(layer, Convolution) or not isinstance(norm, Affine):
            raise ValueError(f"a convolution and its affine layer expected, {type(layer).__name__} found")
        kernel = self.constant(layer.weights * norm.gain[:, None, None, None])
        bias = self.constant(layer.bias * norm.gain + norm.bias)
        out = self.add("Conv", x, kernel, bias, strides=[layer.stride] * 2, pads=[layer.padding] * 4)
        return out, len(layer.bias), layer.stride

    def finish(self, x: str) -> onnx.ModelProto:
        """The model, with the last, fully connected layer."""
        last = next(self._layers)
        if not isinstance(last, FullyConnected):
            raise ValueError(f"a fully connected layer expected at the end, {type(last).__name__} found")
        self._nodes.append(helper.make_node("MatMul", [x, self.constant(last.weights)], ["vector"]))
        whole = helper.make_graph(
            self._nodes,
            "dlib_face_recognition_resnet_model_v1",
            [helper.make_tensor_value_info("face", onnx.TensorProto.FLOAT, ["N", 3, SIZE, SIZE])],
            [helper.make_tensor_value_info("vector", onnx.TensorProto.FLOAT, ["N", last.weights.shape[1]])],
            self._constants,
        )
        opset = helper.make_opsetid("", _OPSET)
        return helper.make_model(whole, opset_imports=[opset], ir_version=10)
