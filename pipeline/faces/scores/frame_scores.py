"""How near one driven picture comes to the true frame, where the driver is the source's own person."""

from __future__ import annotations

import numpy as np

from models.face.landmarks import INNER_MOUTH, MOUTH
from models.image import bounds
from pipeline.faces.scores import measures
from pipeline.faces.view import FaceView

_LIPS = [*MOUTH, *INNER_MOUTH]


def frame_scores(
    picture: np.ndarray, truth: FaceView, source: np.ndarray, landmarks: np.ndarray
) -> dict[str, float | None]:
    """By their name in `Scores`. source: the picture that is driven; landmarks [468, 3]: those found in the result."""
    rows, columns = measures.face_box(truth.landmarks, len(picture))
    small, small_truth = measures.shrunk(picture), measures.shrunk(truth.picture)
    box = measures.face_box(truth.landmarks, len(small))
    whole, face = (
        measures.psnr(picture, truth.picture),
        measures.psnr(picture[rows, columns], truth.picture[rows, columns]),
    )
    low, high = bounds(truth.landmarks)
    off = 100 * np.linalg.norm(landmarks[:, :2] - truth.landmarks[:, :2], axis=1) / (high - low).max()
    return {
        "psnr": whole,
        "face_psnr": face,
        "psnr_gain": whole - measures.psnr(source, truth.picture),
        "face_psnr_gain": face - measures.psnr(source[rows, columns], truth.picture[rows, columns]),
        "ssim": measures.ssim(small, small_truth),
        "sharpness": measures.sharpness(small[box], small_truth[box]),
        "native_sharpness": measures.sharpness(picture[rows, columns], truth.picture[rows, columns]),
        "landmarks": float(off.mean()),
        "mouth_landmarks": float(off[_LIPS].mean()),
    }
