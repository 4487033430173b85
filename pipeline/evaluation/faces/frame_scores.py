"""How near one driven picture comes to the true frame, where the driver is the source's own person."""

from __future__ import annotations

import numpy as np

from models.face.landmarks import INNER_MOUTH, MOUTH
from models.runtime.image import bounds, shrunk
from pipeline.evaluation.metrics import pictures
from pipeline.faces.face_crop import FaceCrop

_LIPS = [*MOUTH, *INNER_MOUTH]


def frame_scores(
    picture: np.ndarray, truth: FaceCrop, source: np.ndarray, landmarks: np.ndarray
) -> dict[str, float | None]:
    """By their name in `Scores`. source: the picture that is driven; landmarks [468, 3]: those found in the result."""
    rows, columns = pictures.face_box(truth.landmarks, len(picture))
    small, small_truth = shrunk(picture, pictures.SMALL), truth.at_size(pictures.SMALL)
    box = pictures.face_box(truth.landmarks, len(small))
    content = np.ones(picture.shape[:2], bool) if truth.content is None else truth.content
    whole, copied = (pictures.psnr(each, truth.picture, content) for each in (picture, source))
    face, face_copied = (
        pictures.psnr(each[rows, columns], truth.picture[rows, columns], content[rows, columns])
        for each in (picture, source)
    )
    low, high = bounds(truth.landmarks)
    off = 100 * np.linalg.norm(landmarks[:, :2] - truth.landmarks[:, :2], axis=1) / (high - low).max()
    return {
        "psnr": whole,
        "face_psnr": face,
        "psnr_gain": _less(whole, copied),
        "face_psnr_gain": _less(face, face_copied),
        "ssim": pictures.ssim(small, small_truth.picture, small_truth.content),
        "sharpness": pictures.sharpness(small[box], small_truth.picture[box]),
        "native_sharpness": pictures.sharpness(picture[rows, columns], truth.picture[rows, columns]),
        "landmarks": float(off.mean()),
        "mouth_landmarks": float(off[_LIPS].mean()),
    }


def _less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
