"""A frame store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalogs.frames import StoredClip


@dataclass(frozen=True)
class Held:
    """A clip's frames: crops uint8 [T, S, S, 3], landmarks [T, 468, 3], seen [T]; camera [T, 3], None: all are one."""

    crops: np.ndarray
    landmarks: np.ndarray
    seen: np.ndarray
    camera: np.ndarray | None = None


class MemoryFrames:
    """What pipeline.evaluation.faces asks of catalogs.frames.FrameStore. subjects: by clip, None where not known."""

    def __init__(self, held: dict[str, Held], subjects: dict[str, str | None]) -> None:
        self._held = list(held.values())
        self.size = self._held[0].crops.shape[1]
        self.clips = tuple(
            StoredClip(name, f"/films/{name}.mp4", subjects[name], None, f"hash of {name}", len(each.crops), self.size)
            for name, each in held.items()
        )

    def __len__(self) -> int:
        return len(self.clips)

    def crops(self, clip: int, frames: Sequence[int] | np.ndarray) -> np.ndarray:
        return self._held[clip].crops[list(frames)]

    def landmarks(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        points = self._held[clip].landmarks
        return points if frames is None else points[list(frames)]

    def camera(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        held = self._held[clip]
        places = np.tile(np.float32([0, 0, 1]), (len(held.crops), 1)) if held.camera is None else held.camera
        return places if frames is None else places[list(frames)]

    def seen(self, clip: int) -> np.ndarray:
        return self._held[clip].seen
