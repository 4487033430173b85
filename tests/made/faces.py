"""Faces drawn from the canonical one: pictures, landmarks and eyes that agree, without a network; stores of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

import catalogs
from catalogs.frames import FrameStore, StoredClip
from catalogs.schema import conform
from catalogs.staging import stage_span
from models.face.landmarks import INNER_MOUTH, LEFT_EYE, MOUTH, RIGHT_EYE, canonical_size
from models.face.rigid import to_picture
from models.landmarks.canonical_face import canonical_face
from pipeline.faces.training_clips import TrainingClips, training_clips
from pipeline.training.split import Split
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, source_key, span_tables

SIZE = 96
NOBODY = Split((), ())
_LOWER = (*MOUTH[11:], *INNER_MOUTH[11:])


@dataclass(frozen=True)
class Pose:
    """Of a drawn face: degrees, place and size as `models.face.rigid` has them; how far the mouth is open."""

    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    size: float = 1.0
    jaw: float = 0.0

    @property
    def latent(self) -> np.ndarray:
        """As a pose [6]."""
        return np.array([self.pitch, self.yaw, self.roll, self.x, self.y, self.size], np.float32)


def canonical(jaw: float = 0.0, wide: float = 1.0) -> np.ndarray:
    """Landmarks [468, 3] of a head of size 1 that looks into the camera; wide: of the face, over the usual."""
    points = canonical_face() * canonical_size() * [wide, 1, 1]
    points[list(_LOWER), 1] += 0.15 * jaw
    return points


def landmarks_in(pose: Pose, wide: float = 1.0) -> np.ndarray:
    """Landmarks float32 [468, 3] in crop units."""
    matrix = to_picture(torch.from_numpy(pose.latent)[None])[0].double().numpy()
    return (canonical(pose.jaw, wide) @ matrix[:, :3].T + matrix[:, 3]).astype(np.float32)


def drawn(landmarks: np.ndarray, who: int, size: int = SIZE) -> np.ndarray:
    """A cartoon of a face, uint8 RGB [S, S, 3]: skin, eyes and mouth where the landmarks are, in who's colours."""
    random = np.random.default_rng(who)
    skin, back, dark = (random.integers(low, high, 3) for low, high in ((120, 230), (30, 250), (0, 70)))
    image = np.full((4 * size, 4 * size, 3), back, np.uint8)
    at = np.round((landmarks[:, :2] + 1) * 2 * size - 0.5).astype(np.int32)
    cv2.fillConvexPoly(image, cv2.convexHull(at), [int(c) for c in skin])
    for part in (LEFT_EYE, RIGHT_EYE, MOUTH):
        cv2.fillPoly(image, [at[list(part)]], [int(c) for c in dark])
    cv2.fillPoly(image, [at[list(INNER_MOUTH)]], (250, 250, 250))
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class Made:
    """A clip to be drawn: who is on it, in which poses; eyes [T, 6]; whether the face is seen, [T]; camera [T, 3]."""

    who: int
    poses: Sequence[Pose]
    eyes: np.ndarray = field(default_factory=lambda: np.empty(0))
    seen: np.ndarray = field(default_factory=lambda: np.empty(0))
    camera: np.ndarray = field(default_factory=lambda: np.empty(0))


def moving_clip(who: int, frames: int = 16, seed: int = 0) -> Made:
    """A person whose head, mouth and eyes move at random."""
    random = np.random.default_rng((who, seed))
    moves = random.normal(0, (6, 10, 5, 0.03, 0.03), (frames, 5))
    sizes, jaws = random.uniform(0.95, 1.05, frames), random.uniform(0, 1, frames)
    poses = [Pose(*move, size, jaw) for move, size, jaw in zip(moves, sizes, jaws, strict=True)]
    return Made(who, poses, random.normal(0, 0.1, (frames, 6)) + [0.3, 0, 0] * 2)


def frames_of_clip(clip: Made) -> dict[str, Any]:
    """The clip's row of table frames but for its id."""
    count = len(clip.poses)
    points = np.stack([landmarks_in(pose, 0.9 + 0.05 * (clip.who % 4)) for pose in clip.poses])
    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
    pictures = [cv2.cvtColor(drawn(each, clip.who), cv2.COLOR_RGB2BGR) for each in points]
    return {
        "frames": count,
        "size": SIZE,
        "crops": [cv2.imencode(".webp", picture, lossless)[1].tobytes() for picture in pictures],
        "landmarks": points.reshape(count, -1),
        "eyes": clip.eyes if len(clip.eyes) else np.tile([0.3, 0.0, 0.0], (count, 2)),
        "seen": clip.seen if len(clip.seen) else np.ones(count, bool),
        "camera": clip.camera if len(clip.camera) else np.tile([0.0, 0.0, 1.0], (count, 1)),
    }


def store_of(*clips: Made) -> FrameStore:
    """A frame store in memory."""
    rows = conform("frames", [{"clip_id": f"{n:032x}", **frames_of_clip(clip)} for n, clip in enumerate(clips)])
    stored = [
        StoredClip(f"{n:032x}", f"/films/{n}.mp4", f"person {clip.who}", None, f"hash {n}", len(clip.poses), SIZE)
        for n, clip in enumerate(clips)
    ]
    return FrameStore(rows, stored, range(len(clips)), SIZE)


def pool_with(*clips: Made, seed: int = 0) -> TrainingClips:
    """Clips to draw from, all of them."""
    return training_clips(store_of(*clips), NOBODY, "train", seed)


def stage_faces(root: Path, *clips: Made, names: Mapping[int, str] | None = None) -> None:
    """A catalog at `root` with these clips; what else is there stays. names: who is called how."""
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for clip in clips:
            row = clip_row(clip.who, subject_id=(names or {}).get(clip.who, f"person {clip.who}"))
            tables = span_tables([row])
            tables["frames"] = conform("frames", [{"clip_id": row["clip_id"], **frames_of_clip(clip)}])
            stage_span(root, source_key(clip.who), 0, tables)
        writer.commit()
