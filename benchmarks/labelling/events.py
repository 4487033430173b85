"""A face that leaves, or is replaced by another one, is seen: the clip is cut there or rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.labelling.copies import AT, LENGTH, frames_of, once
from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.shelf import Shelf
from pipeline.extraction.clip_runner import Verdict

_NEAR_S = 0.3
_ANCHORS = (33, 263, 61, 291)  # outer corners of the eyes, corners of the mouth


@dataclass(frozen=True)
class Event:
    """Something that happens to the face at frame AT: the frames, and whether a verdict saw it."""

    name: str
    frames: Callable[[Shelf], Iterable[np.ndarray]]


def measure(shelf: Shelf, only: tuple[str, ...] = ()) -> Result:
    """The face leaves or is replaced: the clip is cut there or rejected; how many such clips went unnoticed."""
    rows, missed = [], 0
    for event in EVENTS:
        if only and event.name not in only:
            continue
        path = once(shelf.folder / f"{event.name.replace(' ', '_')}.mp4", lambda event=event: event.frames(shelf))
        verdicts = shelf.verdicts(path)
        seen = _seen(verdicts)
        missed += not seen
        told = " | ".join(f"{v.clip.start_s:.2f}-{v.clip.end_s:.2f} {v.reason or v.status}" for v in verdicts)
        rows.append((event.name, "seen" if seen else "MISSED", told, verdicts[0].detail or ""))
    return Result((Finding("events_missed", missed, 0, "<="),), table(("event", "", "parts", "detail"), rows))


def _seen(verdicts: list[Verdict]) -> bool:
    """Whether the event at frame AT ended a part or rejected it."""
    whole = verdicts[0]
    return abs(whole.clip.end_s - AT / 25) < _NEAR_S or (whole.status == "rejected" and whole.reason == "face_lost")


def _path(shelf: Shelf, name: str) -> Path:
    clip = shelf.shared / "clips" / f"{name}.mp4"
    return clip if clip.exists() else shelf.shared / "faces" / f"{name}.mp4"


def _landmarks(shelf: Shelf, name: str) -> np.ndarray:
    return shelf.clip(_path(shelf, name)).tracked().landmarks[:, :, :2]


def _first(shelf: Shelf, name: str, size: tuple[int, int] | None = None) -> list[np.ndarray]:
    images = frames_of(_path(shelf, name), LENGTH)
    return [i if size is None else cv2.resize(i, size, interpolation=cv2.INTER_AREA) for i in images]


def _splice(a: str, b: str, fade: int) -> Callable[[Shelf], Iterable[np.ndarray]]:
    """First half of `a`, second half of `b` in `a`'s size, over `fade` frames of dissolve."""

    def frames(shelf: Shelf) -> Iterable[np.ndarray]:
        before = _first(shelf, a)
        after = _first(shelf, b, (before[0].shape[1], before[0].shape[0]))
        return _dissolve(before, after, fade)

    return frames


def _swap(a: str, b: str) -> Callable[[Shelf], Iterable[np.ndarray]]:
    """From frame AT on the face of `a` is that of `b`, laid over it by eyes and mouth; all else stays."""

    def frames(shelf: Shelf) -> Iterable[np.ndarray]:
        below, above = _first(shelf, a), _first(shelf, b)
        mine, other = _landmarks(shelf, a), _landmarks(shelf, b)
        for index, image in enumerate(below[: len(above)]):
            yield image if index < AT else _laid_over(image, mine[index], above[index], other[index])

    return frames


def _laid_over(image: np.ndarray, mine: np.ndarray, face: np.ndarray, other: np.ndarray) -> np.ndarray:
    matrix, _ = cv2.estimateAffinePartial2D(other[list(_ANCHORS)], mine[list(_ANCHORS)])
    height, width = image.shape[:2]
    warped = cv2.warpAffine(face, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((height, width), np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(mine.astype(np.float32)).astype(np.int32), 1.0)
    soft = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    return (image * (1 - soft) + warped * soft).astype(np.uint8)


def _leaves(name: str, fade: int) -> Callable[[Shelf], Iterable[np.ndarray]]:
    """The face of `name` is replaced by its surroundings (inpainted) from frame AT on."""

    def frames(shelf: Shelf) -> Iterable[np.ndarray]:
        before = _first(shelf, name)
        points = _landmarks(shelf, name)[AT]
        return _dissolve(before, [_without_face(before[AT], points)] * LENGTH, fade)

    return frames


def _without_face(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The frame with its head filled in from what is around it."""
    low, high = points.min(0), points.max(0)
    middle, half = (low + high) / 2, (high - low) * [0.75, 0.85]
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    mask = np.zeros(small.shape[:2], np.uint8)
    cv2.ellipse(mask, tuple(int(v) for v in middle / 4), tuple(int(v) for v in half / 4), 0, 0, 360, 255, -1)
    filled = cv2.resize(cv2.inpaint(small, mask, 5, cv2.INPAINT_TELEA), image.shape[1::-1])
    soft = cv2.GaussianBlur(cv2.resize(mask, image.shape[1::-1]), (0, 0), 5).astype(np.float32)[..., None] / 255
    return (image * (1 - soft) + filled * soft).astype(np.uint8)


def _dissolve(before: list[np.ndarray], after: list[np.ndarray], fade: int) -> Iterable[np.ndarray]:
    for index in range(min(len(before), len(after))):
        part = np.clip((index - AT + fade / 2 + 0.5) / fade, 0, 1) if fade else float(index >= AT)
        yield (before[index] * (1 - part) + after[index] * part).astype(np.uint8)


EVENTS = (
    Event("other framing", _splice("vasa_10", "vr_3", 0)),
    Event("other person cut", _splice("vasa_3", "vasa_5", 0)),
    Event("other person tight crop cut", _splice("pcavs_00098", "pcavs_00373", 0)),
    Event("other person dissolve", _splice("vasa_3", "vasa_5", 10)),
    Event("other person slow dissolve", _splice("st_02", "st_08", 25)),
    Event("other person same studio cut", _splice("mead_M030_neutral", "mead_W009_neutral", 0)),
    Event("other person same studio dissolve", _splice("mead_M030_neutral", "mead_W009_neutral", 10)),
    Event("other face in the same picture", _swap("vasa_3", "vasa_5")),
    Event("face leaves at once", _leaves("news_512", 0)),
    Event("face fades away", _leaves("vr_3", 10)),
    Event("face fades away slowly", _leaves("vasa_3", 25)),
)
