"""What landmarks of clips say, kept until their expression space is found: reading that was stopped goes on there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from catalogs import storage
from catalogs.frames import FrameStore
from models.face.landmarks import mirrored, pose_and_expression

Reading = tuple[np.ndarray, np.ndarray]
"""Of a clip's frames: poses [T, 6], expressions [T, P, 3]."""


class Readings:
    """Reads clips of a store, each once as it is and once in a mirror.

    folder: where each is kept, whole or not at all (360 kB for ten seconds of a clip); None: nowhere.
    """

    def __init__(self, store: FrameStore, folder: Path | None = None) -> None:
        self._store, self._folder = store, folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def of(self, place: int, mirror: bool = False) -> Reading:
        """What the clip at that place of the store says, as it is or in a mirror."""
        kept = None if self._folder is None else self._folder / f"{self._name(place)}{'-mirror' * mirror}.npz"
        if kept is not None and kept.exists():
            with np.load(kept, allow_pickle=False) as found:
                return found["pose"], found["expression"]
        landmarks = self._store.landmarks(place)
        pose, expression = pose_and_expression(mirrored(landmarks) if mirror else landmarks)
        if kept is not None:
            with storage.put(kept) as draft, draft.open("wb") as file:
                np.savez(file, pose=pose, expression=expression)
        return pose, expression

    def remove(self) -> None:
        """Remove what is kept: it is not needed any more."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _name(self, place: int) -> str:
        return f"{self._store.commit.fingerprint}-{self._store.clips[place].clip_id}"
