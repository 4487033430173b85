"""SCRFD, insightface's face detector: boxes and five points a face.

Source: Guo et al., "Sample and Computation Redistribution for Efficient Face Detection" (arXiv 2105.04714); decoding is
that of the package insightface 2.1, published files are its det_10g.onnx and the smaller ones of the same kind.

Of the package only its classes for single networks are used, on a session of ours. Its FaceAnalysis looks for a folder
of models in the home folder, downloads what is missing without a checksum, and takes every core.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from insightface.model_zoo.scrfd import SCRFD, distance2bbox, distance2kps

from models.detection.blazeface import Detections, merged
from models.runtime.batches import Model
from models.runtime.image import letterbox
from models.runtime.onnx_file import RUNTIME_ERRORS, Value, check_values, inputs_and_outputs, read_model, session

if TYPE_CHECKING:
    import onnxruntime
    import torch

SIZE = 640
"""Side of the picture shown to the network, in pixels: the `det_size` of insightface, pinned."""
BORDER = 0.5
"""Black border of the second picture, as a share of the frame's longer side: a face that fills the frame needs one.

Lowest score of scrfd_2.5g_kps in 72 frames of tight crops and portraits: .23 without a border, .73 with .25, .69 with
.5; in two frames cut to 90 % of the face: 0, .19 and .78. But a border makes the face smaller: 64 pixels high in a
frame 1920 wide, one face of two scored .63, .26 and .20.
"""

FLOOR = 0.05
"""Lowest score the network answers with: about 40 candidates a picture, where .02 makes hundreds."""

_STRIDES = (8, 16, 32)
_ANCHORS = 2
_WIDTHS = (1, 4, 10)
_MEAN, _SPREAD = 127.5, 128.0
_ALIKE = 1e-3


def check(path: Path) -> None:
    """WrongWeights naming the first input or output that is not one of an SCRFD with five points.

    Nine outputs: scores, boxes and points at strides 8, 16 and 32, with an axis for the batch or without. Their names
    differ from export to export, their order does not.
    """
    _, outputs = inputs_and_outputs(path)
    axes = 3 if outputs and len(outputs[0].shape) == 3 else 2
    free: tuple[int | None, ...] = (None,) * (axes - 1)
    expected = [Value(None, (*free, width)) for width in _WIDTHS for _ in _STRIDES]
    check_values(path, [Value(None, (None, 3, None, None))], expected)


def input_side(path: Path, size: int = SIZE) -> int:
    """Side of the pictures that a file's network is shown: `size`, or its own when it was made for one size."""
    (value, *_), _ = inputs_and_outputs(path)
    return value.shape[3] or size


class Scrfd:
    """The network: pictures uint8 RGB [S, S, 3] to what it finds in each, float32 [N, 15], best first.

    Of each face: its box (x0, y0, x1, y1) and its score, then five points (x, y), in pixels of the picture; overlaps
    are suppressed. Only scores of at least FLOOR count.
    """

    def __init__(self, path: Path, device: torch.device | None = None, size: int = SIZE, floor: float = FLOOR) -> None:
        """size: side of the pictures, a multiple of 32; a file made for one size keeps its own."""
        self.side = input_side(path, size)
        self._path, self._device, self._floor = path, device, floor
        self._session = session(path, device)
        self._net = SCRFD(str(path), session=self._session, static_shape_sessions=False)
        self._net.prepare(0, input_size=(self.side, self.side))

    def __call__(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One run of the network for all pictures where it can do that, see `batched`."""
        many = self._many if len(pictures) > 1 else None
        if many is not None:
            answers = _answers(many, _pixels(pictures), self.side)
        else:
            answers = [_answers(self._session, _pixels([one]), self.side)[0] for one in pictures]
        return [self._decode(answer) for answer in answers]

    @property
    def batched(self) -> bool:
        """Whether several pictures take one run of the network.

        The package takes one picture at a time and the published files say that their batch is 1, but nothing inside
        them depends on it. That a file's answers to two pictures are those to each of them is tried before it is
        relied on; a file that does not pass is asked picture by picture. On a CPU core both take the same time.
        """
        return self._many is not None

    @cached_property
    def _many(self) -> onnxruntime.InferenceSession | None:
        """A session that takes any number of pictures, or None if the file's network cannot."""
        noise = np.random.default_rng(0).integers(0, 256, (2, self.side, self.side, 3), np.uint8)
        pixels = _pixels(list(noise))
        try:
            many = session(_freed(self._path), self._device)
            together = _answers(many, pixels, self.side)
        except (*RUNTIME_ERRORS, ValueError):
            # a ValueError: its outputs cannot be shared out among the pictures
            return None
        alone = [_answers(self._session, one[None], self.side)[0] for one in pixels]
        same = (
            np.allclose(a, b, _ALIKE, _ALIKE)
            for one, other in zip(alone, together, strict=True)
            for a, b in zip(one, other, strict=True)
        )
        return many if all(same) else None

    def _decode(self, answer: Sequence[np.ndarray]) -> np.ndarray:
        """The faces [N, 15] in the nine outputs for one picture."""
        faces = []
        for level, stride in enumerate(_STRIDES):
            scores, edges, offsets = answer[level :: len(_STRIDES)]
            hit = np.flatnonzero(scores[:, 0] >= self._floor)
            rows, columns = np.divmod(hit // _ANCHORS, self.side // stride)
            centres = np.stack([columns, rows], axis=1).astype(np.float32) * stride
            boxes = distance2bbox(centres, edges[hit] * stride)
            faces.append(np.hstack([boxes, scores[hit], distance2kps(centres, offsets[hit] * stride)]))
        found = np.concatenate(faces)
        found = found[np.argsort(-found[:, 4], kind="stable")]
        return found[self._net.nms(found[:, :5])]


class FaceDetector:
    """Detections with five keypoints: both eyes (the image's left one first), nose tip, both corners of the mouth.

    Two looks, merged: the plain frame for small faces, the frame with a border for faces that fill it. Stands in for
    `models.detection.blazeface.FaceDetector`, and the tracker's scores made for that hold for it too: .5 (doubtful, the
    mesh must confirm) is insightface's usual threshold, and what reaches .75 (sure) was a face in every picture tried.
    On the clips and portraits of docs/labels.md a person filmed alone scores .69 and more (heads turned in tight crops
    least), a dog .51, a plant .40; of the dog the mesh makes a presence of 1.6, of all faces 27 and more.
    """

    def __init__(self, network: Model, side: int, border: float = BORDER) -> None:
        """network: a Scrfd for pictures of this side, here or elsewhere."""
        self._network, self._side, self._border = network, side, border

    def __call__(
        self, image: np.ndarray, threshold: float = 0.5, enough: Callable[[Detections], bool] | None = None
    ) -> Detections:
        """Faces in uint8 RGB [H, W, 3] with a score of at least `threshold` (and of at least FLOOR), best first.

        enough: the frame with its border is not looked at when this holds of what the plain frame showed.
        """
        looks = [self._look(image, 0.0, threshold)]
        if enough is None or not enough(looks[0]):
            looks.append(self._look(image, self._border, threshold))
        return merged(looks)

    def _look(self, image: np.ndarray, border: float, threshold: float) -> Detections:
        """What the network sees of an image with a border, in the image's pixels."""
        picture, matrix = letterbox(image, self._side, border)
        (faces,) = self._network([picture])
        # suppression goes by score, so what is left out below a threshold changes nothing above it
        faces = faces[faces[:, 4] >= threshold].astype(np.float64)
        points = (np.delete(faces, 4, axis=1).reshape(-1, 7, 2) - matrix[:, 2]) / matrix[0, 0]
        return Detections(points[:, :2].reshape(-1, 4), faces[:, 4], points[:, 2:])


def _pixels(patches: Sequence[np.ndarray]) -> np.ndarray:
    """Input of the network, float32 [N, 3, S, S], from pictures uint8 RGB [S, S, 3]."""
    return cv2.dnn.blobFromImages(list(patches), 1 / _SPREAD, mean=(_MEAN, _MEAN, _MEAN))


def _answers(many: onnxruntime.InferenceSession, pixels: np.ndarray, side: int) -> list[list[np.ndarray]]:
    """For each picture of a batch the nine outputs [cells x anchors, width] it would have alone."""
    count = len(pixels)
    outputs = many.run(None, {many.get_inputs()[0].name: pixels})
    if outputs[0].ndim == 3:
        return [[output[i] for output in outputs] for i in range(count)]
    # without an axis for the batch it lies between cells and anchors: the export moved it behind rows and columns
    cells = [(side // stride) ** 2 for _ in _WIDTHS for stride in _STRIDES]
    apart = [out.reshape(n, count, _ANCHORS, out.shape[-1]) for out, n in zip(outputs, cells, strict=True)]
    return [[output[:, i].reshape(-1, output.shape[-1]) for output in apart] for i in range(count)]


def _freed(path: Path) -> bytes:
    """The file's network with no word on how many pictures come in and what that makes of its outputs."""
    model = read_model(path)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "pictures"
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    return model.SerializeToString()
