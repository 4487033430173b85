"""Pose, distance and the aligned crop against what the real Deep3DFaceRecon network gave for the same frames.

Its outputs are in golden/deep3d.npz of the test material, one row a source frame; the network itself is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.pose import AXES
from benchmarks.labelling.shelf import Shelf
from models.landmarks.deep3d_camera import FACE_WIDTH, distance_of, pose_of
from models.landmarks.five_points import STANDARD_SCALE, align, five_points
from stages.clip import Clip

_MOVES = 1.5
"""Degrees of standard deviation from which a clip's correlation is one of motion, not of noise."""


@dataclass(frozen=True)
class Pair:
    """One stretch of a clip: our values and the network's for the same T frames.

    pose, their_pose [T, 3] in degrees by our convention; raw: the network's three angles in degrees as they are.
    distance, their_distance [T]. crop, their_crop [T, 3]: scale, x, y of the aligned crop.
    """

    name: str
    pose: np.ndarray
    their_pose: np.ndarray
    raw: np.ndarray
    distance: np.ndarray
    their_distance: np.ndarray
    crop: np.ndarray
    their_crop: np.ndarray


def measure(shelf: Shelf, names: tuple[str, ...] = ()) -> Result:
    """Correlations weighted by motion, errors with and without the clips' offsets, the constant of the distance."""
    pairs = list(_pairs(shelf, names))
    weight = np.array([pair.their_pose.std(0) for pair in pairs])
    correlation = np.array([_correlation(pair.pose, pair.their_pose) for pair in pairs])
    offset = np.array([(pair.pose - pair.their_pose).mean(0) for pair in pairs])
    error = np.array([np.abs(pair.pose - pair.their_pose - o).mean(0) for pair, o in zip(pairs, offset, strict=True)])
    moving = np.where(weight >= _MOVES, correlation, np.nan)
    raw = np.array([_correlation(pair.pose, pair.raw) for pair in pairs])
    findings = []
    for k, (axis, limit) in enumerate(zip(AXES, (0.85, 0.92, 0.93), strict=True)):
        findings += [
            Finding(f"{axis}_correlation", float(np.average(correlation[:, k], weights=weight[:, k])), limit),
            Finding(f"{axis}_correlation_of_its_raw_angle", float(np.average(raw[:, k], weights=weight[:, k]))),
            Finding(f"{axis}_correlation_median_of_moving", float(np.nanmedian(moving[:, k]))),
            Finding(f"{axis}_clips_moving", int(np.isfinite(moving[:, k]).sum())),
            Finding(f"{axis}_error_without_offset_deg", float(error[:, k].mean())),
            Finding(f"{axis}_offset_deg", float(offset[:, k].mean())),
            Finding(f"{axis}_offset_spread_deg", float(offset[:, k].std())),
        ]
    findings += [*_distance_findings(pairs), *_crop_findings(pairs)]
    rows = [
        (
            pair.name,
            len(pair.pose),
            *map(float, [*correlation[i], *weight[i], *offset[i], *error[i]]),
            float(np.median(pair.distance)),
            float(np.median(pair.their_distance)),
            *map(float, _crop_errors(pair)),
        )
        for i, pair in enumerate(pairs)
    ]
    head = ("clip", "frames", *(f"{what} {axis[0]}" for what in ("r", "std", "off", "err") for axis in AXES))
    return Result(tuple(findings), table((*head, "open", "deep3d", "scale %", "x px", "y px"), rows))


def _distance_findings(pairs: list[Pair]) -> list[Finding]:
    ours = np.array([np.median(pair.distance) for pair in pairs])
    theirs = np.array([np.median(pair.their_distance) for pair in pairs])
    ratio = theirs / ours
    weight = np.array([np.log(pair.their_distance).std() for pair in pairs])
    within = [_correlation(np.log(p.distance[:, None]), np.log(p.their_distance[:, None]))[0] for p in pairs]
    # the network's distance is inverse to the constant
    found = FACE_WIDTH * float(np.median(ratio))
    return [
        Finding("face_width_found", found),
        Finding("face_width_stated_off_percent", abs(FACE_WIDTH / found - 1) * 100, 0.5, "<="),
        Finding("distance_differs_mean_percent", float(np.abs(ratio - 1).mean() * 100), 4, "<="),
        Finding("distance_differs_worst_percent", float(np.abs(ratio - 1).max() * 100), 10, "<="),
        Finding("distance_correlation_over_clips", float(np.corrcoef(np.log(ours), np.log(theirs))[0, 1]), 0.9),
        Finding("distance_correlation_within_clips", float(np.average(within, weights=weight))),
        Finding("distance_wobble_open_percent", float(np.mean([np.log(p.distance).std() for p in pairs]) * 100)),
        Finding("distance_wobble_deep3d_percent", float(weight.mean() * 100)),
    ]


def _crop_errors(pair: Pair) -> np.ndarray:
    """Mean absolute errors: scale in percent, x and y in pixels of the frame."""
    scale = np.abs(pair.crop[:, 0] / pair.their_crop[:, 0] - 1) * 100
    return np.array([scale.mean(), *np.abs(pair.crop - pair.their_crop)[:, 1:].mean(0)])


def _crop_findings(pairs: list[Pair]) -> list[Finding]:
    errors = np.array([_crop_errors(pair) for pair in pairs])
    # one unit of the standard face, about the distance of eyes and mouth corners, in pixels of the frame
    unit = np.array([np.median(STANDARD_SCALE / pair.their_crop[:, 0]) for pair in pairs])
    return [
        Finding("crop_scale_error_percent", float(errors[:, 0].mean()), 2.5, "<="),
        Finding("crop_scale_error_worst_clip_percent", float(errors[:, 0].max()), 6, "<="),
        Finding("crop_x_error_px", float(errors[:, 1].mean()), 1.5, "<="),
        Finding("crop_y_error_px", float(errors[:, 2].mean()), 2, "<="),
        Finding("crop_offset_error_worst_clip_px", float(errors[:, 1:].max()), 5, "<="),
        Finding("face_unit_px", float(unit.mean())),
    ]


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(a.shape[1])])


def _pairs(shelf: Shelf, names: tuple[str, ...]) -> Iterator[Pair]:
    """Every stretch with a head pose, rejected or not, of the clips named, or of all that the network has seen."""
    with np.load(shelf.shared / "golden" / "deep3d.npz") as golden:
        known = sorted({key.split("/")[0] for key in golden.files})
        for name in names or known:
            theirs = {part: golden[f"{name}/{part}"] for part in ("angles", "translation", "transform")}
            path = shelf.shared / "faces" / f"{name}.mp4"
            clips = [v.clip for v in shelf.verdicts(path) if "pose" in v.clip.arrays]
            if not clips:
                raise ValueError(f"{path}: no head pose in any stretch of it; see why with jobs/extract.py")
            yield from (_pair(name, clip, theirs) for clip in clips)


def _pair(name: str, clip: Clip, theirs: dict[str, np.ndarray]) -> Pair:
    track = clip.tracked()
    count, header = len(theirs["angles"]), clip.header
    # six files have two frames more than rows: the crops show that the rows begin with the third frame
    first = round(header.duration * header.fps) - count
    row = np.round((clip.start_s + track.times) * header.fps).astype(int) - first
    used = track.present & (row >= 0) & (row < count)
    row = row[used]
    transform = theirs["transform"][row]
    return Pair(
        name=name if clip.start_s == 0 else f"{name} from {clip.start_s:g} s",
        pose=clip.arrays["pose"][used, :3],
        their_pose=pose_of(theirs["angles"][row]),
        raw=np.degrees(theirs["angles"][row]),
        distance=clip.arrays["pose"][used, 5],
        their_distance=distance_of(theirs["translation"][row], transform[:, 2], track.frame_size[0]),
        crop=align(five_points(track.landmarks[used])).published(track.frame_size)[:, 2:],
        their_crop=transform[:, 2:],
    )
