"""Reading a portrait from a picture file, whatever its kind."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.command import Failure


def read_picture(path: str) -> np.ndarray:
    """A picture as uint8 RGB [H, W, 3], upright as its EXIF says, on white where it is transparent.

    Grey, CMYK and 16-bit pictures become 8-bit RGB; of an animation, the first frame. Failure: not a picture.
    """
    try:
        with open(path, "rb") as file:
            data = np.frombuffer(file.read(), np.uint8)
    except OSError as error:
        raise Failure(f"{path}: cannot be read ({error.strerror}); check the path") from error
    shown = _decoded(data, cv2.IMREAD_COLOR_RGB)
    if shown is None:
        raise Failure(f"{path}: not a picture that OpenCV reads; give a PNG, JPEG or WebP")
    raw = _decoded(data, cv2.IMREAD_UNCHANGED)
    if raw is not None and raw.ndim == 3 and raw.shape[2] == 4 and np.issubdtype(raw.dtype, np.unsignedinteger):
        return _on_white(raw)
    return shown


def _decoded(data: np.ndarray, how: int) -> np.ndarray | None:
    try:
        return cv2.imdecode(data, how) if len(data) else None
    except cv2.error:
        return None


def _on_white(raw: np.ndarray) -> np.ndarray:
    """BGRA [H, W, 4] of 8 or 16 bits as uint8 RGB."""
    most = float(np.iinfo(raw.dtype).max)
    cover = raw[..., 3:] / most
    return (255 * (raw[..., 2::-1] / most * cover + 1 - cover)).round().astype(np.uint8)
