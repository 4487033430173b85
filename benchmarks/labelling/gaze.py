"""Gaze: against eye blendshapes (no truth, so without a limit), noise, and how stable the main direction is."""

from __future__ import annotations

import numpy as np

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.pose import SINGLE
from benchmarks.labelling.reference import Reference, reference
from benchmarks.labelling.shelf import Shelf
from models.landmarks.head_pose import rotation_of
from models.landmarks.iris import Iris
from stages.clip import Clip
from stages.labels.gaze import Gaze
from stages.labels.gaze_directions import main_direction, to_angles, to_vectors

SCHEDULES = (1, 2, 3, 4)
_BLINK = 0.3


def measure(shelf: Shelf, names: tuple[str, ...] = SINGLE) -> Result:
    """Figures for the default schedule of looks at the irises and for the others beside it."""
    rows, findings = [], []
    default = Gaze().every
    iris = Iris()
    clips = list(shelf.clips("clips", names))
    looks: dict[int, list[dict[str, np.ndarray]]] = {every: [] for every in SCHEDULES}
    for name, path in clips:
        clip, ref = shelf.clip(path), reference(shelf.shared, path, shelf.folder)
        for every in SCHEDULES:
            vectors = to_vectors(Gaze(every=every).run(clip, iris).arrays["gaze"])
            looks[every].append(_figures(clip, vectors, ref))
        rows.append((name, *(float(v) for v in np.concatenate(list(looks[default][-1].values())))))
    for every in SCHEDULES:
        figures = {key: np.array([look[key] for look in looks[every]]) for key in looks[every][0]}
        weight = figures["std"]
        correlation = (figures["correlation"] * weight).sum(0) / weight.sum(0)
        tag = f"every_{every}" + ("_default" if every == default else "")
        findings += [
            Finding(f"{tag}_theta_correlation", float(correlation[0])),
            Finding(f"{tag}_phi_correlation", float(correlation[1])),
            Finding(f"{tag}_noise_theta_deg", float(figures["noise"][:, 0].mean())),
            Finding(f"{tag}_halves_differ_median_deg", float(np.median(figures["halves"]))),
            Finding(f"{tag}_even_odd_differ_worst_deg", float(figures["even_odd"].max())),
        ]
    head = ("clip", "r theta", "r phi", "std t", "std p", "noise t", "noise p", "halves", "even/odd", "share")
    return Result(tuple(findings), table(head, rows))


def _figures(clip: Clip, vectors: np.ndarray, ref: Reference) -> dict[str, np.ndarray]:
    """Correlations with blendshapes in the head's frame, their std, noise a frame, and two stabilities in degrees."""
    count = min(len(vectors), len(ref.pose))
    rotation = rotation_of(clip.arrays["pose"][:count, :3])
    in_head = to_angles(np.einsum("tji,tj->ti", rotation, vectors[:count]))
    seen = ref.found[:count] & (ref.blink[:count] < _BLINK)
    eyes = ref.eye_yaw_pitch[:count]
    half = len(vectors) // 2
    return {
        "correlation": np.array([np.corrcoef(in_head[seen, k], eyes[seen, k])[0, 1] for k in (0, 1)]),
        "std": eyes[seen].std(0),
        # of white noise the second difference has sqrt(6) times the standard deviation, its mean size 1.95 times
        "noise": np.abs(np.diff(to_angles(vectors), n=2, axis=0)).mean(0) / 1.95,
        "halves": np.array([_apart(vectors[:half], vectors[half:])]),
        "even_odd": np.array([_apart(vectors[::2], vectors[1::2])]),
        "share": np.array([main_direction(vectors, Gaze().bin)[2]]),
    }


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees between the main directions of two sets of unit vectors."""
    first, second = (to_vectors(np.array(main_direction(v, Gaze().bin)[:2])) for v in (a, b))
    return float(np.degrees(np.arccos(np.clip(first @ second, -1, 1))))
