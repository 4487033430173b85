"""Faces found, none imagined; a face that leaves, is replaced or jumps is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.labelling.copies import frames_of, padded
from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.mirror import ALL_SINGLE
from benchmarks.labelling.shelf import Shelf
from pipeline.judge import Verdict
from stages.encode import write_video

AT = 50  # the frame at which something happens, of 100
LENGTH = 100
_NEAR_S = 0.3


def measure_found(shelf: Shelf, names: tuple[str, ...] = ALL_SINGLE) -> Result:
    """Share of the frames of single-face clips in which the face was seen."""
    rows, seen, count = [], 0, 0
    for name, path in shelf.clips("clips", names):
        verdicts = shelf.verdicts(path)
        tracks = [v.clip.track for v in verdicts if v.clip.track is not None]
        frames = sum(int(v.clip.columns["frames"]) for v in verdicts)
        present = sum(int(track.present.sum()) for track in tracks)
        seen, count = seen + present, count + frames
        rows.append((name, frames, present / frames, " ".join(v.reason or "accepted" for v in verdicts)))
    worst = min(float(row[2]) for row in rows)
    findings = (Finding("face_found", seen / count, 0.99), Finding("face_found_worst_clip", worst))
    return Result(findings, table(("clip", "frames", "found", "verdict"), rows))


def measure_none(shelf: Shelf) -> Result:
    """What shows no person: plant, dog, moving text. Drawn and carved faces are told beside them."""
    rows, wrong = [], 0
    made = {
        "dog": _still(shelf, "dog"),
        "text": _once(shelf.folder / "text.mp4", _text_frames),
        "plant": shelf.shared / "clips" / "dj_10.mp4",
    }
    for name, path in made.items():
        verdict = shelf.verdicts(path)[0]
        wrong += verdict.reason != "no_face"
        rows.append((name, verdict.reason or "accepted", verdict.detail or ""))
    for name in ("statue", "cartoon", "android"):
        verdict = shelf.verdicts(_still(shelf, name))[0]
        rows.append((f"{name} (told only)", verdict.reason or "accepted", verdict.detail or ""))
    return Result((Finding("faces_where_there_are_none", wrong, 0, "<="),), table(("what", "verdict", "detail"), rows))


@dataclass(frozen=True)
class Event:
    """Something that happens to the face at frame AT: the frames, and whether a verdict saw it."""

    name: str
    frames: Callable[[Shelf], Iterable[np.ndarray]]


def measure_events(shelf: Shelf) -> Result:
    """The face leaves or is replaced: the clip is cut there or rejected; how many such clips went unnoticed."""
    rows, missed = [], 0
    for event in EVENTS:
        path = _once(shelf.folder / f"{event.name.replace(' ', '_')}.mp4", lambda event=event: event.frames(shelf))
        verdicts = shelf.verdicts(path)
        seen = _seen(verdicts)
        missed += not seen
        told = " | ".join(f"{v.clip.start_s:.2f}-{v.clip.end_s:.2f} {v.reason or v.status}" for v in verdicts)
        rows.append((event.name, "seen" if seen else "MISSED", told, verdicts[0].detail or ""))
    return Result((Finding("events_missed", missed, 0, "<="),), table(("event", "", "parts", "detail"), rows))


def measure_drift(shelf: Shelf, names: tuple[str, ...] = ("news_512", "vr_3", "vasa_3", "pcavs_00373")) -> Result:
    """The face jumps by 0.8 of its height over black ground, below the threshold of a cut: frames until it is found.

    Frames count from the jump while the landmarks are more than a tenth of the face's height off, or no face is seen.
    """
    rows, worst = [], 0
    for name, path in shelf.clips("clips", names):
        still = shelf.clip(path).tracked().landmarks[:LENGTH]
        height, width = shelf.clip(path).tracked().frame_size
        face = float(np.median(np.ptp(still[:, :, 1], axis=1)))
        step = int(0.8 * face)
        copy = _once(shelf.folder / f"{name}.jump.mp4", lambda path=path, step=step: _jumping(path, step))
        verdict = shelf.verdicts(copy)[0]
        if verdict.clip.track is None:
            rows.append((name, "-", verdict.reason, ""))
            continue
        offset = np.array([width // 4 * 2, height // 4 * 2]) + np.where(np.arange(LENGTH) < AT, 0, step)[:, None] * [
            1,
            0,
        ]
        track = verdict.clip.track
        count = min(len(track.landmarks), len(still))
        error = np.linalg.norm(track.landmarks[:count, :, :2] - still[:count, :, :2] - offset[:count, None], axis=-1)
        lost = int((error[AT:].mean(1) > 0.1 * face).sum())
        worst = max(worst, lost)
        rows.append((name, lost, verdict.reason or "accepted", int((~track.present).sum())))
    findings = (Finding("frames_off_after_a_jump", worst, 13, "<="),)
    return Result(findings, table(("clip", "frames off", "verdict", "frames without a face"), rows))


def _seen(verdicts: list[Verdict]) -> bool:
    """Whether the event at frame AT ended a part or rejected it."""
    whole = verdicts[0]
    return abs(whole.clip.end_s - AT / 25) < _NEAR_S or (whole.status == "rejected" and whole.reason == "face_lost")


def _first(shelf: Shelf, name: str, size: tuple[int, int] | None = None) -> list[np.ndarray]:
    folder = "faces" if not (shelf.shared / "clips" / f"{name}.mp4").exists() else "clips"
    out = []
    for index, image in enumerate(frames_of(shelf.shared / folder / f"{name}.mp4", LENGTH)):
        assert index < LENGTH
        out.append(image if size is None else cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    return out


def _splice(a: str, b: str, fade: int) -> Callable[[Shelf], Iterable[np.ndarray]]:
    """First half of `a`, second half of `b` in `a`'s size, over `fade` frames of dissolve."""

    def frames(shelf: Shelf) -> Iterable[np.ndarray]:
        before = _first(shelf, a)
        after = _first(shelf, b, (before[0].shape[1], before[0].shape[0]))
        return _dissolve(before, after, fade)

    return frames


def _leaves(name: str, fade: int) -> Callable[[Shelf], Iterable[np.ndarray]]:
    """The face of `name` is replaced by its surroundings (inpainted) from frame AT on."""

    def frames(shelf: Shelf) -> Iterable[np.ndarray]:
        before = _first(shelf, name)
        folder = "faces" if not (shelf.shared / "clips" / f"{name}.mp4").exists() else "clips"
        points = shelf.clip(shelf.shared / folder / f"{name}.mp4").tracked().landmarks[AT, :, :2]
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
    Event("face leaves at once", _leaves("news_512", 0)),
    Event("face fades away", _leaves("vr_3", 10)),
    Event("face fades away slowly", _leaves("vasa_3", 25)),
)


def _jumping(path: Path, step: int) -> Iterable[np.ndarray]:
    """The clip on a black ground of twice its size, shifted right by `step` pixels from frame AT on."""
    for index, image in enumerate(frames_of(path, LENGTH)):
        wide = padded(image)
        yield wide if index < AT else np.roll(wide, step, axis=1)


def _still(shelf: Shelf, name: str) -> Path:
    def frames() -> Iterable[np.ndarray]:
        image = cv2.imread(str(shelf.shared / "portraits" / f"{name}.png"))[..., ::-1]
        image = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
        return [image] * LENGTH

    return _once(shelf.folder / f"{name}.still.mp4", frames)


def _text_frames() -> Iterable[np.ndarray]:
    """Four seconds of text that scrolls up."""
    for index in range(LENGTH):
        image = np.full((480, 640, 3), 245, np.uint8)
        for line in range(-2, 18):
            y = line * 40 - index * 3 % 40
            word = f"{line + index * 3 // 40:02d} the quick brown fox jumps over 0 8 @ :-) (o_o)"
            cv2.putText(image, word, (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2)
        yield image


def _once(path: Path, frames: Callable[[], Iterable[np.ndarray]]) -> Path:
    if not path.exists():
        partial = path.with_suffix(".partial.mp4")
        write_video(partial, frames(), fps=25, options={"crf": "18"})
        partial.replace(path)
    return path
