"""One frame of a clip as the frame store has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from catalogs.frames import StoredClip
from models.face.camera import WHOLE, pictured, relative_camera, to_camera
from models.runtime.image import shrunk


@dataclass(frozen=True)
class FaceCrop:
    """picture: the stable crop, uint8 RGB [S, S, 3]. landmarks: float32 [468, 3] in crop units (models/face).

    camera [3]: where the crop lies in the camera of its clip (models/face/camera.py). content [S, S]: where the picture
    shows what was filmed, None: everywhere.
    """

    picture: np.ndarray
    landmarks: np.ndarray
    camera: np.ndarray = field(default_factory=lambda: WHOLE)
    content: np.ndarray | None = None

    def at_size(self, side: int) -> FaceCrop:
        """With a picture of `side` pixels, averaged over areas; one that is no larger stays."""
        if len(self.picture) <= side:
            return self
        content = None if self.content is None else shrunk(self.content.astype(np.uint8) * 255, side) == 255
        return replace(self, picture=shrunk(self.picture, side), content=content)

    def seen_from(self, camera: np.ndarray) -> FaceCrop:
        """The same moment in another crop of its clip, which lies at `camera` [3] and is the camera from now on."""
        place = relative_camera(self.camera, camera)
        picture, content = pictured(self.picture, place)
        return FaceCrop(picture, to_camera(self.landmarks, place).astype(np.float32), content=content)


class Frames(Protocol):
    """Where views come from: see catalogs.frames.FrameStore."""

    size: int
    clips: tuple[StoredClip, ...]

    def __len__(self) -> int: ...

    def seen(self, clip: int) -> np.ndarray: ...

    def crops(self, clip: int, frames: Sequence[int] | np.ndarray) -> np.ndarray: ...

    def landmarks(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray: ...

    def camera(self, clip: int, frames: Sequence[int] | np.ndarray | None = None) -> np.ndarray: ...


def stored_views(store: Frames, clip: int, frames: Sequence[int] | np.ndarray) -> list[FaceCrop]:
    """Frames of a clip as the store has them, each in its own crop."""
    stored = (store.crops(clip, frames), store.landmarks(clip, frames), store.camera(clip, frames))
    return [FaceCrop(*each) for each in zip(*stored, strict=True)]


def filmed_views(store: Frames, clip: int, frames: Sequence[int] | np.ndarray) -> list[FaceCrop]:
    """The same, all seen from the first one's crop, which stands still."""
    views = stored_views(store, clip, frames)
    return [view.seen_from(views[0].camera) for view in views]
