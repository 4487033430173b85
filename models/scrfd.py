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

from models.blazeface import Detections, merged
from models.image import letterbox
from models.onnx_file import RUNTIME_ERRORS, Value, check_values, inputs_and_outputs, read_model, session

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


class FaceDetector:
    """Detections with five keypoints: both eyes (the image's left one first), nose tip, both corners of the mouth.

    Two looks, merged: the plain frame for small faces, the frame with a border for faces that fill it. Stands in for
    `models.blazeface.FaceDetector`, and the tracker's scores made for that hold for it too: .5 (doubtful, the mesh
    must confirm) is insightface's usual threshold, and what reaches .75 (sure) was a face in every picture tried. On
    the clips and portraits of docs/labels.md a person filmed alone scores .69 and more (heads turned in tight crops
    least), a dog .51, a plant .40; of the dog the mesh makes a presence of 1.6, of all faces 27 and more.
    """

    def __init__(
        self, path: Path, device: torch.device | None = None, size: int = SIZE, border: float = BORDER
    ) -> None:
        """size: a multiple of 32; a file made for one size keeps its own."""
        self._path, self._device, self._border = path, device, border
        self._net = SCRFD(str(path), session=session(path, device), static_shape_sessions=False)
        self._net.prepare(0, input_size=(size, size))
        self._side = int(self._net.input_size[0])

    def __call__(
        self, image: np.ndarray, threshold: float = 0.5, enough: Callable[[Detections], bool] | None = None
    ) -> Detections:
        """Faces in uint8 RGB [H, W, 3] with a score of at least `threshold`, best first.

        enough: the frame with its border is not looked at when this holds of what the plain frame showed.
        """
        looks = [self._look(image, 0.0, threshold)]
        if enough is None or not enough(looks[0]):
            looks.append(self._look(image, self._border, threshold))
        return merged(looks)

    def detect_many(self, images: Sequence[np.ndarray], threshold: float = 0.5) -> list[Detections]:
        """The faces of each image, as `__call__` finds them, from one run of the network.

        The package takes one image at a time and the published files say that their batch is 1, but nothing inside
        them depends on it. That a file's answers to two pictures are those to each of them is tried before it is
        relied on; a file that does not pass is asked picture by picture. On a CPU core both take the same time.
        """
        many = self._many
        if not images or many is None:
            return [self(image, threshold) for image in images]
        cuts = [letterbox(image, self._side, border) for image in images for border in (0.0, self._border)]
        answers = _answers(many, _pixels([patch for patch, _ in cuts]), self._side)
        looks = [
            _in_frame(*self._decode(answer, threshold), matrix)
            for answer, (_, matrix) in zip(answers, cuts, strict=True)
        ]
        return [merged(looks[i : i + 2]) for i in range(0, len(looks), 2)]

    def _look(self, image: np.ndarray, border: float, threshold: float) -> Detections:
        """What the network sees of an image with a border, through the package."""
        patch, matrix = letterbox(image, self._side, border)
        boxes, points = self._net.detect(cv2.cvtColor(patch, cv2.COLOR_RGB2BGR), det_thresh=threshold)
        return _in_frame(boxes, points, matrix)

    @property
    def batched(self) -> bool:
        """Whether `detect_many` runs the network once for all images."""
        return self._many is not None

    @cached_property
    def _many(self) -> onnxruntime.InferenceSession | None:
        """A session that takes any number of pictures, or None if the file's network cannot."""
        noise = np.random.default_rng(0).integers(0, 256, (2, self._side, self._side, 3), np.uint8)
        pixels = _pixels(list(noise))
        try:
            many = session(_freed(self._path), self._device)
            together = _answers(many, pixels, self._side)
        except (*RUNTIME_ERRORS, ValueError):
            # a ValueError: its outputs cannot be shared out among the pictures
            return None
        alone = [_answers(self._net.session, one[None], self._side)[0] for one in pixels]
        same = (
            np.allclose(a, b, _ALIKE, _ALIKE)
            for one, other in zip(alone, together, strict=True)
            for a, b in zip(one, other, strict=True)
        )
        return many if all(same) else None

    def _decode(self, answer: Sequence[np.ndarray], threshold: float) -> tuple[np.ndarray, np.ndarray]:
        """Boxes with scores [N, 5] and points [N, 5, 2] in the pixels of the picture, overlaps suppressed."""
        boxes, points = [], []
        for level, stride in enumerate(_STRIDES):
            scores, edges, offsets = answer[level :: len(_STRIDES)]
            hit = np.flatnonzero(scores[:, 0] >= threshold)
            rows, columns = np.divmod(hit // _ANCHORS, self._side // stride)
            centres = np.stack([columns, rows], axis=1).astype(np.float32) * stride
            boxes.append(np.hstack([distance2bbox(centres, edges[hit] * stride), scores[hit]]))
            points.append(distance2kps(centres, offsets[hit] * stride).reshape(-1, 5, 2))
        found, marks = np.concatenate(boxes), np.concatenate(points)
        order = np.argsort(-found[:, 4], kind="stable")
        keep = order[self._net.nms(found[order])]
        return found[keep], marks[keep]


def _in_frame(boxes: np.ndarray, points: np.ndarray, matrix: np.ndarray) -> Detections:
    """Boxes with scores [N, 5] and points [N, 5, 2] of a picture, back in the pixels of the frame it is of."""
    corners = (boxes[:, :4].reshape(-1, 2, 2) - matrix[:, 2]) / matrix[0, 0]
    return Detections(
        corners.reshape(-1, 4).astype(np.float64),
        boxes[:, 4].astype(np.float64),
        ((points - matrix[:, 2]) / matrix[0, 0]).astype(np.float64),
    )


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
