"""BlazeFace, the face detector of MediaPipe: short range (128x128) and full range (192x192).

Source: Bazarevsky et al., BlazeFace (arXiv 1907.05047); anchors as in MediaPipe's SSD options.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.runtime.image import letterbox
from models.runtime.litert import LiteRT
from models.weights.registry import weights


@dataclass(frozen=True)
class Detections:
    """Faces of one frame, best first: boxes [N, 4] (x0, y0, x1, y1), scores [N], keypoints [N, 6, 2], frame pixels.

    Keypoints: the eye on the image's left, the other eye, nose tip, mouth, the ears in the order of the eyes.
    """

    boxes: np.ndarray
    scores: np.ndarray
    keypoints: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def widths(self) -> np.ndarray:
        """Width of each box in pixels, [N]."""
        return self.boxes[:, 2] - self.boxes[:, 0]

    def take(self, keep: np.ndarray) -> Detections:
        """The detections at `keep` (indices or mask)."""
        return Detections(self.boxes[keep], self.scores[keep], self.keypoints[keep])


def anchors(size: int, layers: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Anchor centres [N, 2] in units of the input, for layers of (stride, anchors per cell)."""
    out = []
    for stride, repeats in layers:
        cells = size // stride
        axis = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
        out.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(out)


def suppress(found: Detections, overlap: float = 0.3) -> Detections:
    """Non-maximum suppression: of boxes that overlap (IoU above `overlap`, or one mostly inside another) the best."""
    order = np.argsort(-found.scores, kind="stable")
    boxes = found.boxes[order]
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    keep: list[int] = []
    for i in range(len(order)):
        if keep:
            kept = boxes[keep]
            sides = np.minimum(kept[:, 2:], boxes[i, 2:]) - np.maximum(kept[:, :2], boxes[i, :2])
            inter = np.prod(np.clip(sides, 0, None), axis=1)
            union = area[keep] + area[i] - inter
            inside = inter / np.maximum(np.minimum(area[keep], area[i]), 1e-9)
            if ((inter / np.maximum(union, 1e-9) > overlap) | (inside > 0.7)).any():
                continue
        keep.append(i)
    return found.take(order[keep])


def merged(looks: Sequence[Detections]) -> Detections:
    """The faces of several looks at one frame, each once."""
    return suppress(
        Detections(
            np.concatenate([look.boxes for look in looks]),
            np.concatenate([look.scores for look in looks]),
            np.concatenate([look.keypoints for look in looks]),
        )
    )


class _Range:
    """One BlazeFace network with its anchors, run on the whole frame with a border of `pad` of the longer side."""

    def __init__(self, name: str, outputs: tuple[str, str], layers: tuple[tuple[int, int], ...], pad: float) -> None:
        self._net = LiteRT(weights(name).path(), outputs)
        self._size = self._net.shape[1]
        self._anchors = anchors(self._size, layers)
        self._pad = pad

    def __call__(self, image: np.ndarray, threshold: float) -> Detections:
        patch, matrix = letterbox(image, self._size, self._pad)
        boxes, logits = self._net(patch, 1 / 127.5, -1.0)
        scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80).astype(np.float64)))
        hit = scores >= threshold
        raw = boxes.reshape(-1, 8, 2)[hit].astype(np.float64)
        raw[:, 0] += self._anchors[hit] * self._size
        raw[:, 2:] += self._anchors[hit, None] * self._size
        half = raw[:, 1:2] / 2
        points = np.concatenate([raw[:, 0:1] - half, raw[:, 0:1] + half, raw[:, 2:]], axis=1)
        # network coordinates count pixel edges, ours pixel centres
        points = (points - 0.5 - matrix[:, 2]) / matrix[0, 0]
        return Detections(points[:, :2].reshape(-1, 4), scores[hit], points[:, 2:])


class FaceDetector:
    """Both ranges on one frame, merged: full range finds small faces, short range with a border faces that fill it.

    Measured on single-face clips, 0.75 misses none and calls neither plant nor dog a face (docs/labels.md).
    """

    def __init__(self) -> None:
        self._full = _Range(
            "blazeface_full", ("reshaped_regressor_face_4", "reshaped_classifier_face_4"), ((4, 1),), pad=0.0
        )
        self._short = _Range("blazeface_short", ("regressors", "classificators"), ((8, 2), (16, 6)), pad=0.25)

    def __call__(
        self, image: np.ndarray, threshold: float = 0.75, enough: Callable[[Detections], bool] | None = None
    ) -> Detections:
        """Faces in uint8 RGB [H, W, 3] with a score of at least `threshold`.

        enough: the short range is not asked when this holds of what the full range found.
        """
        parts = [self._full(image, threshold)]
        if enough is None or not enough(parts[0]):
            parts.append(self._short(image, threshold))
        return merged(parts)
