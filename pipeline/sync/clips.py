"""What a sync training learns from: of each clip of a catalog the features of its sound and of its face."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from catalogs import view
from catalogs.place import locate
from models.sync.face_features import face_features, mouth_shapes
from models.weights.registry import REGISTRY
from pipeline.errors import UsageError
from pipeline.sync.settings import SyncTraining

_AT_ONCE = 64
"""Clips whose landmarks are in memory together."""
_POINTS = 468
_LISTED = ("clip_id", "source_uri", "subject_id", "content")
_OWN = REGISTRY["face_tiny"].known_as


@dataclass(frozen=True)
class ListedClip:
    """What the catalog says of a clip. content: hash of the source file."""

    clip_id: str
    source_uri: str
    subject_id: str | None
    content: str

    @property
    def subject(self) -> str:
        """Who it shows; a clip whose subject is not known is taken for a person of its own."""
        return self.subject_id or self.clip_id


@dataclass(frozen=True)
class SyncClip(ListedClip):
    """sound float16 [T, A], face float32 [T, WIDTH] (`models.sync.face_features`), 25 rows a second.

    offset: by how many frames its sound is late, as far as is known.
    """

    sound: np.ndarray
    face: np.ndarray
    offset: int = 0

    def late(self, frames: int) -> SyncClip:
        """The same, known to be late by so many frames."""
        return replace(self, offset=frames)

    @property
    def in_step(self) -> tuple[int, int]:
        """The frames [first, last) whose sound there is."""
        return max(0, -self.offset), len(self.sound) - max(0, self.offset)

    def moment(self, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Sound [count, A] and face [count, WIDTH] of frames from `first` on, the sound being the frames' own."""
        there = first + self.offset
        return self.sound[there : there + count].astype(np.float32), self.face[first : first + count]


@dataclass(frozen=True)
class SyncClips:
    """clips: in the order of clip_id. audio: JSON-ready, which features of sound these are, `variant` and `width`.
    commit: of the catalog. latents: hash of the face model. landmarks: whether the catalog holds them."""

    clips: tuple[SyncClip, ...]
    audio: dict[str, Any]
    commit: int
    latents: str
    landmarks: bool


def listed_clips(catalog: str | os.PathLike[str], training: SyncTraining) -> tuple[ListedClip, ...]:
    """What the catalog says of the clips of `sync_clips`, and raises as that does."""
    _stages_of(catalog)
    rows = _speaking(catalog, training, "")
    return tuple(ListedClip(*(row[name] for name in _LISTED)) for row in rows.to_pylist())


def sync_clips(catalog: str | os.PathLike[str], training: SyncTraining) -> SyncClips:
    """The accepted clips in which somebody speaks. UsageError: there are none, or their latents are not those of the
    project's own face model. Errors: `catalogs.open`."""
    sequence, stages = _stages_of(catalog)
    rows = _speaking(catalog, training, ", latents.frames AS frames, audio, dynamics")
    shapes = _shapes(catalog, rows["clip_id"].to_pylist()) if "frames" in stages else {}
    found = [
        SyncClip(
            **{name: row[name] for name in _LISTED},
            sound=_rows(audio_, row["frames"]),
            face=face_features(_rows(dynamics, row["frames"]).astype(np.float32), shapes.get(row["clip_id"])),
        )
        for row, audio_, dynamics in _each(rows)
    ]
    found.sort(key=lambda clip: clip.clip_id)
    width = found[0].sound.shape[1]
    about = {"variant": stages.get("audio", {}).get("variant", ""), "width": width}
    return SyncClips(tuple(found), about, sequence, _OWN, bool(shapes))


def _stages_of(catalog: str | os.PathLike[str]) -> tuple[int, dict[str, Any]]:
    """The catalog's commit, and the stages of its recipe; UsageError where their latents are not the project's own."""
    state = view.newest(locate(catalog))
    stages = state.recipe["stages"]
    if stages.get("latents", {}).get("sha256", _OWN) != _OWN:
        raise UsageError(
            f"{catalog} has latents of another face model than the project's own: extract without --latents"
        )
    return state.sequence, stages


def _speaking(catalog: str | os.PathLike[str], training: SyncTraining, arrays: str) -> pa.Table:
    """Of clips in which somebody speaks `_LISTED`, and what `arrays` adds to them. UsageError: there are none."""
    rows = view.query(
        catalog,
        f"SELECT {', '.join(_LISTED)}{arrays} FROM clips JOIN latents USING (clip_id) WHERE clips.status = 'accepted' "
        f"AND audio IS NOT NULL AND dynamics IS NOT NULL AND speech_share >= {training.speech:g} "
        f"ORDER BY hash(clip_id) LIMIT {training.most_clips}",
    )
    if not rows.num_rows:
        raise UsageError(
            f"{catalog} has no accepted clip with sound, latents and speech in {training.speech:.0%} of it: extract "
            "talking people"
        )
    return rows


def _each(rows: pa.Table) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    plain = rows.drop_columns(["audio", "dynamics"]).to_pylist()
    for place, row in enumerate(plain):
        audio, dynamics = (rows[name][place].values.to_numpy(zero_copy_only=False) for name in ("audio", "dynamics"))
        yield row, audio, dynamics


def _rows(values: np.ndarray, count: int) -> np.ndarray:
    return values.reshape(count, -1)


def _shapes(catalog: str | os.PathLike[str], clips: list[str]) -> dict[str, np.ndarray]:
    """`mouth_shapes` of clips, by clip_id."""
    found: dict[str, np.ndarray] = {}
    for start in range(0, len(clips), _AT_ONCE):
        names = ", ".join(f"'{name}'" for name in clips[start : start + _AT_ONCE])
        rows = view.query(catalog, f"SELECT clip_id, landmarks FROM frames WHERE clip_id IN ({names})")
        for place, clip in enumerate(rows["clip_id"].to_pylist()):
            points = rows["landmarks"][place].values.to_numpy(zero_copy_only=False).astype(np.float32)
            found[clip] = mouth_shapes(points.reshape(-1, _POINTS, 3))
    return found
