"""The stable crop: a square around the face that follows it slowly, cut while frames stream by."""

from __future__ import annotations

from collections import deque

import numpy as np

from models.runtime.image import cut, similarity


class StableCrop:
    """Cuts `size` x `size` crops, `margin` times the face's height wide, upright, centred on a smoothed path.

    The path is the Gaussian mean of the face's box over `reach` frames to both sides (sigma reach / 2), so head
    motion stays visible inside the crop while tremor of the box does not reach it. Frames wait `reach` steps for
    their future: that many native frames are held, no more.

    crops [S, S, 3] and matrices [2, 3], frame pixels to crop pixels: of the frames that are done, in their order.
    """

    def __init__(self, size: int, margin: float, reach: int) -> None:
        self._size, self._margin, self._reach = size, margin, reach
        offsets = np.arange(-reach, reach + 1)
        self._kernel = np.exp(-0.5 * (offsets / max(reach / 2, 1e-6)) ** 2)
        self._images: deque[tuple[int, np.ndarray]] = deque()
        self._boxes: list[np.ndarray | None] = []
        self.crops: list[np.ndarray] = []
        self.matrices: list[np.ndarray] = []

    def push(self, image: np.ndarray, box: np.ndarray | None) -> None:
        """Take the next frame and its face box (centre x, centre y, height) or None."""
        self._images.append((len(self._boxes), image))
        self._boxes.append(box)
        if len(self._images) > self._reach:
            self._cut(*self._images.popleft())

    def finish(self) -> None:
        """Cut the crops of the frames still waiting."""
        while self._images:
            self._cut(*self._images.popleft())

    def _cut(self, index: int, image: np.ndarray) -> None:
        first, last = max(0, index - self._reach), min(len(self._boxes), index + self._reach + 1)
        weights = self._kernel[first - index + self._reach : last - index + self._reach]
        boxes = self._boxes[first:last]
        near = [i for i, box in enumerate(boxes) if box is not None]
        if near:
            near_weights = weights[near]
            x, y, height = near_weights @ np.array([boxes[i] for i in near]) / near_weights.sum()
        else:
            known = [(abs(i - index), b) for i, b in enumerate(self._boxes) if b is not None]
            if known:
                x, y, height = min(known, key=lambda pair: pair[0])[1]
            else:
                x, y, height = image.shape[1] / 2, image.shape[0] / 2, min(image.shape[:2]) / self._margin
        matrix = similarity(np.array([x, y]), height * self._margin, 0.0, self._size)
        self.crops.append(cut(image, matrix, self._size))
        self.matrices.append(matrix)
