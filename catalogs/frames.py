"""What face training reads: the faces of a catalog by clip and frame, without decoding video.

Table `frames` is decoded once into local files that are memory-mapped (`catalogs.local_copy`): any frame of any clip is
one look into them and one WebP to decode.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from catalogs import view
from catalogs.errors import CatalogDamaged, NoFrames
from catalogs.local_copy import OnProgress, default_cache, mapped, unheard
from catalogs.manifest import Commit, Manifest
from catalogs.place import locate
from catalogs.storage import Storage

_CLIP = ("clip_id", "source_uri", "subject_id", "split", "content")
_POINTS = 468


@dataclass(frozen=True)
class StoredClip:
    """An accepted clip whose frames are stored: `frames` of them, their crops `size` pixels wide and high.

    subject_id, split: None where the catalog knows none. content: hash of the source file.
    """

    clip_id: str
    source_uri: str
    subject_id: str | None
    split: str | None
    content: str
    frames: int
    size: int

    @property
    def subject(self) -> str:
        """Who it shows; a clip whose subject is not known is taken for a person of its own."""
        return self.subject_id or self.clip_id


def open_frames(
    catalog: str | os.PathLike[str],
    size: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    on_progress: OnProgress = unheard,
    up_to: int | None = None,
) -> FrameStore:
    """The frames of the newest commit. The first time they are copied into the folder `cache` (200 MB/s).

    size: pixels of the crops that come out, at most those stored; by default the smallest stored. up_to: with it they
    are as large as all are stored, but no larger than that, and `size` is what they are at least. cache: by default
    vasari/frames in the user's cache folder (XDG_CACHE_HOME). on_progress: called after each row group that is copied.
    NoFrames: the catalog holds none, or smaller ones. NoCatalog, VersionMismatch, CatalogDamaged: as `catalogs.open`.
    """
    files = locate(catalog)
    folder = Path(cache) if cache is not None else default_cache()
    return view.steadily(
        files, lambda state: _opened(files, state, size, folder, on_progress, up_to), "while opening it"
    )


class FrameStore:
    """Random access to frames; use `open_frames`. Threads may share one: decoding runs beside Python.

    Two frames of any clip: 0.18 ms a crop at 96 pixels, 0.65 at 256, 1.8 at 512 on one core, what WebP takes to decode;
    their landmarks 0.02 ms.

    size: pixels of the crops that come out. clips: what there is, in the order of clip_id; indices below are into it.
    commit: the catalog's, which number it is and the fingerprint of its recipe.
    """

    def __init__(
        self,
        rows: pa.Table,
        clips: Sequence[StoredClip],
        order: Sequence[int],
        size: int,
        commit: Commit | None = None,
    ) -> None:
        """rows: table `frames`; order: the row of each of `clips`. commit: None of a store that is of no catalog."""
        self.size = size
        self.commit = commit or Commit(0, "")
        self._rows = rows
        self.clips = tuple(clips)
        self._order = tuple(order)
        self._crops, self._seen = rows["crops"], rows["seen"]
        self._landmarks, self._eyes, self._camera = rows["landmarks"], rows["eyes"], rows["camera"]

    def __len__(self) -> int:
        """The number of clips."""
        return len(self.clips)

    def only(self, clips: Sequence[StoredClip]) -> FrameStore:
        """The frames of these clips alone, in their order, as they are described here. KeyError: one is not there."""
        rows = {clip.clip_id: row for clip, row in zip(self.clips, self._order, strict=True)}
        return FrameStore(self._rows, clips, [rows[clip.clip_id] for clip in clips], self.size, self.commit)

    def crops(self, clip: int, frames: Sequence[int] | np.ndarray) -> np.ndarray:
        """The stable crops of K frames of a clip, uint8 RGB [K, size, size, 3]."""
        pictures = self._crops[self._order[clip]].values
        out = np.empty((len(frames), self.size, self.size, 3), np.uint8)
        for place, frame in enumerate(frames):
            image = cv2.imdecode(np.frombuffer(pictures[int(frame)].as_buffer(), np.uint8), cv2.IMREAD_COLOR_RGB)
            if image is None:
                raise CatalogDamaged(f"frame {frame} of clip {self.clips[clip].clip_id} is no picture: extract again")
            if len(image) > self.size:
                image = cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_AREA)
            out[place] = image
        return out

    def landmarks(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """The face mesh in crop units, float32 [T, 468, 3], or [K, 468, 3] of K frames.

        The crop spans [-1, 1] in x (right) and y (down): pixel u of S lies at (2 u + 1) / S - 1. z in the same unit.
        """
        return self._values(self._landmarks, clip, frames).reshape(-1, _POINTS, 3)

    def eyes(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """How the eyes look, float32 [T, 2, 3] or [K, 2, 3]: of the eye on the image's right, then of the other one.

        Over the eye's width: the lids' opening, the iris from the corners' middle, > 0 to the right, > 0 down.
        """
        return self._values(self._eyes, clip, frames).reshape(-1, 2, 3)

    def camera(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Where the crops lie in the clip's camera, a square that stands still: float32 [T, 3] or [K, 3].

        x and y of the crop's middle and half its side, where the camera spans [-1, 1].
        """
        return self._values(self._camera, clip, frames).reshape(-1, 3)

    def _values(self, column: pa.ChunkedArray, clip: int, frames: Sequence[int] | np.ndarray | None) -> np.ndarray:
        values = column[self._order[clip]].values.to_numpy(zero_copy_only=False)
        values = values.reshape(self.clips[clip].frames, -1)
        return (values if frames is None else values[frames]).astype(np.float32)

    def seen(self, clip: int) -> np.ndarray:
        """Whether the face was seen in each frame, bool [T]; where not, its landmarks are interpolated in time."""
        return self._seen[self._order[clip]].values.to_numpy(zero_copy_only=False)


def _opened(
    files: Storage, state: Manifest, size: int | None, cache: Path, on_progress: OnProgress, up_to: int | None
) -> FrameStore:
    known = {clip["clip_id"]: clip for clip in view.accepted(files, state, _CLIP).to_pylist()}
    rows = mapped(files, state, cache, on_progress)
    lists = (rows[name].to_pylist() for name in ("clip_id", "frames", "size"))
    found = sorted((own, row, frames, side) for row, (own, frames, side) in enumerate(zip(*lists, strict=True)))
    found = [item for item in found if item[0] in known]
    if not found:
        raise NoFrames(_what_to_do(files, state))
    least = min(side for *_, side in found)
    if size is not None and size > least:
        raise NoFrames(
            f"{files.uri()} holds frames of {least} pixels, {size} are asked for: ask for less, or extract again with "
            f"--frames and a larger --preset, with --recompute or into another catalog folder"
        )
    stored = [StoredClip(**known[own], frames=frames, size=side) for own, _, frames, side in found]
    side = min(least, up_to) if up_to else size or least
    return FrameStore(rows, stored, [row for _, row, *_ in found], side, state.commit)


def _what_to_do(files: Storage, state: Manifest) -> str:
    if "frames" in state.recipe.get("stages", {}):
        return f"{files.uri()} has frames of no clip, because none is accepted: its report says why"
    return (
        f"{files.uri()} was made without frames: make them with python jobs/extract.py --input FOLDER "
        f"--catalog {shlex.quote(files.uri())} --frames --recompute, or without --recompute into another catalog folder"
    )
