"""What a motion generator is scored on: clips with their sound in step, and how mouth and lids were seen to move."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from catalogs import view
from catalogs.place import locate
from catalogs.tables import EMOTIONS
from pipeline.errors import UsageError
from pipeline.evaluation.metrics.mouth import mouth
from stages.clip import FPS

SENTENCE_S = 4.0
"""A clip of at most so many seconds is a single sentence; a longer one an interview."""
_AT_ONCE = 32
"""Clips whose landmarks are in memory together."""
_POINTS = 468


@dataclass(frozen=True)
class TalkingClip:
    """A clip's T frames, 25 a second, each with its own sound once `in_step`.

    pose [T, 6]: `face_pose`. dynamics [T, Z]: less rest [Z], its median over the clip. sound [T, A]. mouth [T, 3]
    (`metrics.mouth`), lids [T]: their opening over the eye's width, mean of both eyes; as landmarks and iris network
    saw them. gaze (theta, phi) in degrees, distance, emotion (in the order of `catalogs.tables.EMOTIONS`): the
    catalog's labels, None where it has none. speech: share of the time. content: hash of the source file. offset: by
    how many frames the sound is late, None: not known; sync: how sure that is.
    """

    clip_id: str
    source_uri: str
    subject_id: str | None
    content: str
    pose: np.ndarray
    dynamics: np.ndarray
    rest: np.ndarray
    sound: np.ndarray
    mouth: np.ndarray
    lids: np.ndarray
    gaze: tuple[float, float] | None = None
    distance: float | None = None
    emotion: tuple[float, ...] | None = None
    speech: float | None = None
    offset: int | None = None
    sync: float | None = None

    @property
    def subject(self) -> str:
        """Who it shows; a clip whose subject is not known is taken for a person of its own."""
        return self.subject_id or self.clip_id

    @property
    def motion(self) -> np.ndarray:
        """[T, D], as `models.motion.space` has it."""
        return np.concatenate([self.pose, self.dynamics], 1)

    @property
    def sentence(self) -> bool:
        """Whether it is a single sentence."""
        return len(self.pose) <= SENTENCE_S * FPS

    def __len__(self) -> int:
        """T."""
        return len(self.pose)

    def in_step(self) -> TalkingClip:
        """The frames whose sound there is, each with its own."""
        late = self.offset or 0
        frames = slice(max(0, -late), len(self) - max(0, late))
        heard = slice(max(0, late), len(self) + min(0, late))
        return replace(self._cut(frames), sound=self.sound[heard], offset=0)

    def first(self, frames: int) -> TalkingClip:
        """The first frames alone."""
        return self._cut(slice(0, frames))

    def _cut(self, frames: slice) -> TalkingClip:
        parts = ("pose", "dynamics", "sound", "mouth", "lids")
        return replace(self, **{name: getattr(self, name)[frames] for name in parts})


@dataclass(frozen=True)
class TalkingClips:
    """clips: in the order of clip_id. latents, audio: the recipe's stages that made these, JSON-ready."""

    clips: tuple[TalkingClip, ...]
    latents: Mapping[str, Any]
    audio: Mapping[str, Any]


def talking_clips(catalog: str | os.PathLike[str]) -> TalkingClips:
    """The accepted clips with motion latents, sound and landmarks. UsageError: there are none. Errors:
    `catalogs.open`."""
    stages = view.newest(locate(catalog)).recipe["stages"]
    if "frames" not in stages:
        raise UsageError(f"{catalog} has no landmarks, which lips are scored by: extract it with --frames")
    columns = view.query(catalog, "SELECT * FROM clips LIMIT 0").column_names
    known = [name if name in columns else f"NULL AS {name}" for name in ("sound_offset", "sync")]
    rows = view.query(
        catalog,
        "SELECT clip_id, source_uri, subject_id, content, speech_share, gaze_theta, gaze_phi, distance, emotion, "
        f"{', '.join(known)}, latents.frames AS frames, latents.face_pose AS face_pose, dynamics, audio "
        "FROM clips JOIN latents USING (clip_id) JOIN frames USING (clip_id) WHERE clips.status = 'accepted' "
        "AND latents.face_pose IS NOT NULL AND dynamics IS NOT NULL AND audio IS NOT NULL ORDER BY clip_id",
    )
    if not rows.num_rows:
        raise UsageError(f"{catalog} has no accepted clip with sound and motion latents: extract talking people")
    seen = _seen(catalog, rows["clip_id"].to_pylist())
    clips = tuple(_clip(row, arrays, *seen[row["clip_id"]]) for row, arrays in _each(rows))
    return TalkingClips(clips, stages.get("latents", {}), stages.get("audio", {}))


_ARRAYS = ("face_pose", "dynamics", "audio")


def _each(rows: pa.Table) -> Iterator[tuple[dict[str, Any], list[np.ndarray]]]:
    plain = rows.drop_columns(list(_ARRAYS)).to_pylist()
    for place, row in enumerate(plain):
        yield row, [_numbers(rows[name][place]).reshape(row["frames"], -1) for name in _ARRAYS]


def _clip(row: Mapping[str, Any], arrays: Sequence[np.ndarray], lips: np.ndarray, lids: np.ndarray) -> TalkingClip:
    pose, dynamics, sound = arrays
    rest = np.median(dynamics, 0)
    gaze, felt = (row["gaze_theta"], row["gaze_phi"]), [(row["emotion"] or {}).get(name) for name in EMOTIONS]
    return TalkingClip(
        row["clip_id"],
        row["source_uri"],
        row["subject_id"],
        row["content"],
        pose,
        dynamics - rest,
        rest,
        sound,
        lips,
        lids,
        None if None in gaze else gaze,
        row["distance"],
        None if all(each is None for each in felt) else tuple(each or 0.0 for each in felt),
        row["speech_share"],
        None if row["sound_offset"] is None else round(row["sound_offset"]),
        row["sync"],
    )


def _seen(catalog: str | os.PathLike[str], clips: Sequence[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(mouth [T, 3], lids [T]) of clips, by clip_id."""
    found = {}
    for start in range(0, len(clips), _AT_ONCE):
        names = ", ".join(f"'{name}'" for name in clips[start : start + _AT_ONCE])
        rows = view.query(catalog, f"SELECT clip_id, landmarks, eyes FROM frames WHERE clip_id IN ({names})")
        for place, clip in enumerate(rows["clip_id"].to_pylist()):
            points = _numbers(rows["landmarks"][place]).reshape(-1, _POINTS, 3)
            eyes = _numbers(rows["eyes"][place]).reshape(-1, 2, 3)
            found[clip] = mouth(points.astype(np.float64)), eyes[:, :, 0].mean(1)
    return found


def _numbers(values: pa.ListScalar) -> np.ndarray:
    numbers: np.ndarray = values.values.to_numpy(zero_copy_only=False).astype(np.float32)
    return numbers
