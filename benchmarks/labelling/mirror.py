"""Mirrored and padded copies, encoded to files: angles change sign or stay, distance doubles with the frame."""

from __future__ import annotations

import numpy as np

from benchmarks.labelling.copies import altered, mirrored, padded
from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.pose import SINGLE
from benchmarks.labelling.shelf import Shelf
from stages.clip import Clip

ANGLES = ("pitch", "yaw", "roll", "theta", "phi")
ALL_SINGLE = (*SINGLE, "ls_1")
_SIGN = np.array([1, -1, -1, -1, 1])


def measure(shelf: Shelf, names: tuple[str, ...] = ALL_SINGLE) -> Result:
    """The file against its mirrored copy: mean over frames of |difference|, and the difference of the clip's means."""
    rows, per_frame, of_means = [], [], []
    for name, path in shelf.clips("clips", names):
        plain = angles_of(shelf.clip(path))
        turned = angles_of(shelf.clip(altered(path, shelf.folder / f"{name}.mirror.mp4", mirrored)))
        difference = turned * _SIGN - plain
        per_frame.append(np.abs(difference).mean(0))
        of_means.append(np.abs(difference.mean(0)))
        rows.append((name, *map(float, per_frame[-1]), *map(float, of_means[-1])))
    findings = [
        *_held("mirror_{}_deg", np.mean(per_frame, axis=0), 0.5),
        *_held("mirror_{}_of_means_deg", np.mean(of_means, axis=0), 0.5),
        *_told("mirror_{}_worst_clip_deg", np.max(per_frame, axis=0)),
    ]
    return Result(tuple(findings), table(("clip", *ANGLES, *(f"mean {a}" for a in ANGLES)), rows))


def measure_padding(shelf: Shelf, names: tuple[str, ...] = ALL_SINGLE) -> Result:
    """Distance of the padded copy over the file's own, and the mean absolute change of the angles."""
    rows, ratios, changes = [], [], []
    for name, path in shelf.clips("clips", names):
        plain = shelf.clip(path)
        wide = shelf.clip(altered(path, shelf.folder / f"{name}.padded.mp4", padded))
        ratios.append(float(wide.columns["distance"]) / float(plain.columns["distance"]))
        changes.append(np.abs(angles_of(wide) - angles_of(plain)).mean(0))
        rows.append((name, ratios[-1], *map(float, changes[-1])))
    off = np.abs(np.array(ratios) / 2 - 1)
    mean = np.mean(changes, axis=0)
    findings = [
        Finding("padded_distance_off_worst_clip", float(off.max()), 0.03, "<="),
        *_held("padded_{}_deg", mean[:3], 1.0),
        *_told("padded_{}_worst_clip_deg", np.max(changes, axis=0)),
    ]
    return Result(tuple(findings), table(("clip", "distance ratio", *ANGLES), rows))


def angles_of(clip: Clip) -> np.ndarray:
    """(pitch, yaw, roll, theta, phi) [T, 5] of a clip, degrees."""
    return np.column_stack([clip.arrays["pose"][:, :3], clip.arrays["gaze"]])


def _held(name: str, values: np.ndarray, limit: float) -> list[Finding]:
    return [Finding(name.format(a), float(v), limit, "<=") for a, v in zip(ANGLES, values, strict=False)]


def _told(name: str, values: np.ndarray) -> list[Finding]:
    return [Finding(name.format(a), float(v)) for a, v in zip(ANGLES, values, strict=True)]
