"""Head pose against mediapipe's face landmarker."""

from __future__ import annotations

import numpy as np

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.reference import Reference, reference
from benchmarks.labelling.shelf import Shelf

# dj_*, ap_*: no single face. ls_1: its face is too small for the landmarker's own detector.
SINGLE = (
    "news_450",
    "news_512",
    *(f"pcavs_{n}" for n in ("00002", "00010", "00015", "00086", "00098", "00373", "681100216", "741400104")),
    *(f"vasa_{n}" for n in ("10", "11", "3", "5", "7", "9", "l2", "l3", "l4", "l5")),
    "vr_1",
    "vr_2",
    "vr_3",
)
AXES = ("pitch", "yaw", "roll")


def measure(shelf: Shelf, names: tuple[str, ...] = SINGLE) -> Result:
    """Correlation per clip weighted by the reference's standard deviation, mean absolute error, pooled pose_delta."""
    rows, correlations, weights, errors, ours_delta, ref_delta = [], [], [], [], [], []
    for name, path in shelf.clips("clips", names):
        ref = reference(shelf.shared, path, shelf.folder)
        pose = shelf.clip(path).arrays["pose"][:, :3]
        pose, truth, seen = _matched(pose, ref)
        both = seen[1:] & seen[:-1]
        correlation = np.array([np.corrcoef(pose[seen, k], truth[seen, k])[0, 1] for k in range(3)])
        error = np.abs(pose[seen] - truth[seen]).mean(0)
        correlations.append(correlation)
        weights.append(truth[seen].std(0))
        errors.append(error)
        ours_delta.append(np.abs(np.diff(pose, axis=0))[both].mean(1))
        ref_delta.append(np.abs(np.diff(truth, axis=0))[both].mean(1))
        rows.append((name, *map(float, correlation), *map(float, weights[-1]), *map(float, error)))
    loose = np.array([not name.startswith("pcavs") for name, *_ in rows])
    corr, weight = np.array(correlations), np.array(weights)
    pooled = (corr * weight).sum(0) / weight.sum(0)
    findings = [
        Finding(f"{axis}_correlation", float(value), limit)
        for axis, value, limit in zip(AXES, pooled, (0.93, 0.97, 0.97), strict=True)
    ]
    if loose.any():
        value = float((corr * weight)[loose, 0].sum() / weight[loose, 0].sum())
        findings.append(Finding("pitch_correlation_without_tight_crops", value, 0.95))
    mean_error = np.mean(errors, axis=0)
    findings += [
        Finding(f"{axis}_error_deg", float(value), limit, "<=")
        for axis, value, limit in zip(AXES, mean_error, (2.5, 2.0, 1.5), strict=True)
    ]
    ratio = float(np.concatenate(ours_delta).mean() / np.concatenate(ref_delta).mean())
    findings += [Finding("pose_delta_ratio", ratio), Finding("pose_delta_off", abs(ratio - 1), 0.15, "<=")]
    head = ("clip", *(f"r {a}" for a in AXES), *(f"std {a}" for a in AXES), *(f"error {a}" for a in AXES))
    return Result(tuple(findings), table(head, rows))


def _matched(pose: np.ndarray, ref: Reference) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = min(len(pose), len(ref.pose))
    return pose[:count], ref.pose[:count], ref.found[:count]
