"""Stage frames: the stable crops as small pictures with landmarks and eyes, for face training; only if asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import cv2
import numpy as np
import pyarrow as pa

from models.landmarks.iris import Iris
from stages.clip import Clip, Outcome, Resources, Runner
from stages.labels.crops import crop_at


@dataclass(frozen=True)
class FaceFrames:
    """Fills the clip's row of table `frames`: every stable crop as WebP, the landmarks [T, 1404] in crop units, how the
    eyes look, [T, 6] (models/landmarks/iris.py): opening, iris across and down of the eye on the image's right, then
    left; and where the crops lie in the clip's camera, [T, 3] (models/face/camera.py).

    size: pixels of a picture; the stable crop (track.size) must be at least as large. quality: WebP's, 1 to 100; 101
    is without loss. On 24 frames of four people:

    | quality | 96 pixels | 256 pixels | 512 pixels |
    | --- | --- | --- | --- |
    | 85 | 36.7 dB, 1.8 kB | 40.6 dB, 5.4 kB | 42.7 dB, 11.9 kB |
    | 95 | 39.9 dB, 3.1 kB | 44.2 dB, 10.5 kB | 45.8 dB, 25.4 kB |
    | 100 | 40.9 dB, 4.3 kB | 45.6 dB, 15.3 kB | 47.1 dB, 37.4 kB |
    | 101 | 9.7 kB, 10 ms | 42.4 kB, 50 ms | 115 kB, 107 ms |

    (PSNR against the crop at that size; JPEG at 95 takes 4.5, 16.9 and 46.1 kB for about the same.) 95 is far beyond
    what a face network reproduces; the stage takes 1.8, 5.5 and 18 ms a frame at the three sizes, nearly all of it
    WebP's.
    """

    size: int = 96
    quality: int = 95

    name: ClassVar[str] = "frames"
    variant: ClassVar[str] = "webp"
    after: ClassVar[tuple[str, ...]] = ("latents", "sync")
    option: ClassVar[str] = "--frames"
    version: ClassVar[int] = 2
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("iris",)
    columns: ClassVar[pa.Schema] = pa.schema([])

    def __post_init__(self) -> None:
        if self.size < 16:
            raise ValueError(f"pictures of {self.size} pixels show no face: at least 16")
        if not 1 <= self.quality <= 101:
            raise ValueError("the quality of WebP is 1 to 100, or 101 without loss")

    def open(self) -> Runner:
        iris = Iris()
        return lambda clip: self._run(clip, iris)

    def _run(self, clip: Clip, iris: Iris) -> Outcome:
        track = clip.tracked()
        eyes = [iris.looks(crop, track.crop_landmarks(index)) for index, crop in enumerate(track.crops)]
        stored = {
            "size": self.size,
            "crops": [self._encoded(crop_at(track, index, self.size)) for index in range(len(track.crops))],
            "landmarks": track.unit_landmarks().reshape(len(track.crops), -1).astype(np.float16),
            "eyes": np.stack(eyes).reshape(len(eyes), -1).astype(np.float16),
            "seen": track.present,
            "camera": track.cameras,
        }
        return replace(clip, stored=stored)

    def _encoded(self, picture: np.ndarray) -> bytes:
        """A picture, uint8 RGB [size, size, 3], as WebP."""
        done, data = cv2.imencode(
            ".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, self.quality]
        )
        if not done:
            raise ValueError(f"OpenCV could not write a picture of shape {picture.shape} as WebP")
        return data.tobytes()
