"""Faces found, none imagined, and followed when they jump."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.labelling.copies import AT, LENGTH, frames_of, once, padded
from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.mirror import ALL_SINGLE
from benchmarks.labelling.shelf import Shelf


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


def measure_none(shelf: Shelf, told: tuple[str, ...] = ("statue", "cartoon", "android")) -> Result:
    """What shows no person: plant, dog, moving text. Drawn and carved faces are told beside them."""
    rows, wrong = [], 0
    made = {
        "dog": _still(shelf, "dog"),
        "text": once(shelf.folder / "text.mp4", _text_frames),
        "plant": shelf.shared / "clips" / "dj_10.mp4",
    }
    for name, path in made.items():
        verdict = shelf.verdicts(path)[0]
        wrong += verdict.reason != "no_face"
        rows.append((name, verdict.reason or "accepted", verdict.detail or ""))
    for name in told:
        verdict = shelf.verdicts(_still(shelf, name))[0]
        rows.append((f"{name} (told only)", verdict.reason or "accepted", verdict.detail or ""))
    return Result((Finding("faces_where_there_are_none", wrong, 0, "<="),), table(("what", "verdict", "detail"), rows))


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
        copy = once(shelf.folder / f"{name}.jump.mp4", lambda path=path, step=step: _jumping(path, step))
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

    return once(shelf.folder / f"{name}.still.mp4", frames)


def _text_frames() -> Iterable[np.ndarray]:
    """Four seconds of text that scrolls up."""
    for index in range(LENGTH):
        image = np.full((480, 640, 3), 245, np.uint8)
        for line in range(-2, 18):
            y = line * 40 - index * 3 % 40
            word = f"{line + index * 3 // 40:02d} the quick brown fox jumps over 0 8 @ :-) (o_o)"
            cv2.putText(image, word, (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2)
        yield image
