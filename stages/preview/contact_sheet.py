"""Pictures of a clip for the report: a contact sheet with what was found drawn in, and a small picture of the face."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from models.landmarks.head_pose import angles, procrustes, rotation_of
from stages.clip import FPS, Clip
from stages.labels.aligned import face_square
from stages.labels.gaze_directions import to_vectors
from stages.observations import Thumb
from stages.preview.thumbs import COUNT

# Contours of MediaPipe's face mesh, as point indices (mediapipe/python/solutions/face_mesh_connections.py)
_CLOSED = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
    + (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)
_OPEN = (
    (70, 63, 105, 66, 107),
    (300, 293, 334, 296, 336),
    (168, 6, 197, 195, 5, 4, 1),
    (98, 97, 2, 326, 327),
)
_EYE_CORNERS = (33, 133, 362, 263)
_NOSE_TIP = 1

_MESH, _BOX, _GAZE, _HEAD = (126, 240, 208), (235, 235, 235), (255, 186, 51), (116, 172, 255)
_STRIP, _TEXT, _MUTED = (24, 26, 30), (232, 234, 237), (160, 166, 175)
_SHADOW = (20, 20, 20)

_LINE, _GAP, _NARROWEST, _WIDEST = 14, 4, 96, 1160
_SHEET_QUALITY, _FACE_QUALITY = 74, 82
_FACE_SIZE, _FACE_SCALE = 96, 1.4
_LEGIBLE, _INSET, _INSET_TRIM = 44, 88, 0.12
_SHIFT = 4


def contact_sheet(clip: Clip, status: str, reason: str | None) -> bytes | None:
    """A JPEG of the clip's thumbs, in one row or, where they are wide, in several: box, landmarks, gaze and head drawn.

    Frames without a track show plain; below each stand its time in the source and, where known, the head's angles.
    A face too small to draw in is enlarged in a corner. The line at the bottom carries the verdict's colour. None if
    the clip has no thumbs.
    """
    thumbs = clip.thumbs[:COUNT]
    if not thumbs:
        return None
    picture = _tiled([_cell(clip, _fitting(item)) for item in thumbs])
    picture[-3:] = _verdict_colour(status, reason)
    return _jpeg(picture, _SHEET_QUALITY)


def with_verdict(sheet: bytes, status: str, reason: str | None) -> bytes:
    """A sheet with the line of another verdict."""
    decoded = cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("the sheet is no picture")
    picture = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    picture[-3:] = _verdict_colour(status, reason)
    return _jpeg(picture, _SHEET_QUALITY)


def face_picture(clip: Clip) -> bytes | None:
    """A JPEG, 96 x 96, of the face in the frame where it is turned least; None if the clip has no track."""
    track = clip.track
    if track is None or not track.present.any():
        return None
    pose = clip.arrays.get("pose")
    degrees = angles(procrustes(track.landmarks)[0]) if pose is None else pose[:, :3]
    turned = np.where(track.present, np.hypot(degrees[:, 0], degrees[:, 1]), np.inf)
    return _jpeg(face_square(track, int(np.argmin(turned)), _FACE_SCALE, _FACE_SIZE), _FACE_QUALITY)


def _fitting(thumb: Thumb) -> Thumb:
    """The thumb, shrunk if it is wider than a sheet may be."""
    height, width = thumb.image.shape[:2]
    ratio = _WIDEST / width
    if ratio >= 1:
        return thumb
    size = (_WIDEST, max(1, round(height * ratio)))
    return Thumb(thumb.index, cv2.resize(thumb.image, size, interpolation=cv2.INTER_AREA), thumb.scale * ratio)


def _tiled(cells: list[np.ndarray]) -> np.ndarray:
    """Cells of one size in as few rows as keep the picture under `_WIDEST`, the rows of equal length."""
    height, width = cells[0].shape[:2]
    per_row = max(1, (_WIDEST + _GAP) // (width + _GAP))
    rows = -(-len(cells) // per_row)
    per_row = -(-len(cells) // rows)
    picture = np.full((rows * height, per_row * (width + _GAP) - _GAP, 3), _STRIP, np.uint8)
    for at, cell in enumerate(cells):
        y, x = at // per_row * height, at % per_row * (width + _GAP)
        picture[y : y + height, x : x + width] = cell
    return picture


def _cell(clip: Clip, thumb: Thumb) -> np.ndarray:
    """One thumb with its drawing and its caption below: a line for the time, one more where there is a track."""
    image = thumb.image.copy()
    caption = _draw(image, clip, thumb)
    height, width = image.shape[:2]
    strip = _LINE + 6 if clip.track is None else 2 * _LINE + 6
    cell = np.full((height + strip, max(width, _NARROWEST), 3), _STRIP, np.uint8)
    left = (cell.shape[1] - width) // 2
    cell[:height, left : left + width] = image
    _write(cell, _timestamp(clip.start_s + thumb.index / FPS), height + _LINE - 1, _TEXT)
    _write(cell, caption, height + 2 * _LINE - 2, _MUTED)
    return cell


def _draw(image: np.ndarray, clip: Clip, thumb: Thumb) -> str:
    """Draw what is known of frame `thumb.index` into its thumb; returns the second line of its caption."""
    track, index = clip.track, thumb.index
    if track is None or index >= len(track.present):
        return ""
    if not track.present[index]:
        return "no face"
    points = (track.landmarks[index, :, :2] + 0.5) * thumb.scale - 0.5
    low, high = points.min(0), points.max(0)
    cv2.rectangle(image, _fixed(low), _fixed(high), _BOX, 1, cv2.LINE_AA, _SHIFT)
    if high[1] - low[1] >= _LEGIBLE:
        _draw_face(image, points, clip, index)
    elif min(image.shape[:2]) > _INSET + 8:
        _draw_inset(image, clip, index)
    pose = clip.arrays.get("pose")
    if pose is None:
        return ""
    names = ("pitch", "yaw", "roll") if image.shape[1] >= 160 else ("p", "y", "r")
    return " ".join(f"{name} {_signed(value)}" for name, value in zip(names, pose[index, :3], strict=True))


def _draw_face(image: np.ndarray, points: np.ndarray, clip: Clip, index: int) -> None:
    """Contours, head direction from the nose and gaze from between the eyes, at landmarks [468, 2] of `image`."""
    for closed, contours in ((True, _CLOSED), (False, _OPEN)):
        lines = [np.array([_fixed(points[i]) for i in contour], np.int32) for contour in contours]
        cv2.polylines(image, lines, closed, _MESH, 1, cv2.LINE_AA, _SHIFT)
    reach = float(np.ptp(points[:, 1]))
    pose, gaze = clip.arrays.get("pose"), clip.arrays.get("gaze")
    if pose is not None:
        forward = -rotation_of(pose[index : index + 1, :3])[0, :2, 2]
        _arrow(image, points[_NOSE_TIP], forward * reach * 0.7, _HEAD)
    if gaze is not None:
        between = points[list(_EYE_CORNERS)].mean(0)
        _arrow(image, between, to_vectors(gaze[index])[:2] * reach, _GAZE)


def _draw_inset(image: np.ndarray, clip: Clip, index: int) -> None:
    """The face of a frame that shows it too small, enlarged in the thumb's lower right corner."""
    track = clip.tracked()
    crop = track.crops[index]
    edge = round(crop.shape[0] * _INSET_TRIM)
    crop = crop[edge : crop.shape[0] - edge, edge : crop.shape[1] - edge]
    scale = _INSET / crop.shape[0]
    inset = cv2.resize(crop, (_INSET, _INSET), interpolation=cv2.INTER_AREA)
    _draw_face(inset, (track.crop_landmarks(index)[:, :2] - edge + 0.5) * scale - 0.5, clip, index)
    inset[[0, -1]] = inset[:, [0, -1]] = _BOX
    image[-_INSET - 3 : -3, -_INSET - 3 : -3] = inset


def _arrow(image: np.ndarray, start: np.ndarray, offset: np.ndarray, colour: tuple[int, int, int]) -> None:
    """An arrow with a dark rim; where it points at the camera only its dot is left."""
    length = float(np.hypot(*offset))
    for grown, tint in ((2, _SHADOW), (0, colour)):
        if length > 4:
            tip = min(0.4, 7 / length)
            cv2.arrowedLine(image, _whole(start), _whole(start + offset), tint, 1 + grown, cv2.LINE_AA, tipLength=tip)
        cv2.circle(image, _whole(start), 2 + grown // 2, tint, -1, cv2.LINE_AA)


def _write(image: np.ndarray, text: str, baseline: int, colour: tuple[int, int, int]) -> None:
    if text:
        cv2.putText(image, text, (4, baseline), colour, _font(), 11, 400)


@cache
def _font() -> cv2.FontFace:
    """OpenCV's built-in sans-serif, loaded once a process (40 ms)."""
    return cv2.FontFace("sans")


def _verdict_colour(status: str, reason: str | None) -> tuple[int, int, int]:
    if status == "accepted":
        return (46, 160, 134)
    return (224, 156, 46) if status == "rejected" and reason else (206, 72, 66)


def _timestamp(seconds: float) -> str:
    """3.2 s, or 1:03.2 from a minute on."""
    minutes, rest = divmod(round(seconds * 10), 600)
    return f"{minutes}:{rest / 10:04.1f}" if minutes else f"{rest / 10:.1f} s"


def _signed(degrees: float) -> str:
    value = round(float(degrees))
    return f"{value:+d}°".replace("-", "−") if value else "0°"


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """A point in OpenCV's fixed-point coordinates."""
    x, y = np.round(np.clip(point, -10_000, 10_000) * (1 << _SHIFT)).astype(int).tolist()
    return x, y


def _whole(point: np.ndarray) -> tuple[int, int]:
    x, y = np.round(np.clip(point, -10_000, 10_000)).astype(int).tolist()
    return x, y


def _jpeg(rgb: np.ndarray, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV could not write a picture of shape {rgb.shape} as JPEG")
    return data.tobytes()
