"""What methods are put to at 256 pixels, with the source's own detail: sharpness, amplitude, heads turned far.

Pictures of a tiny model are small; what people see of them is enlarged, and blur, or a mouth that moves half as far as
it should, passes every test at its own size that asks only whether it moves at the right time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.evaluation.faces.baselines import Method
from pipeline.evaluation.faces.method import Draw
from pipeline.evaluation.faces.observer import FaceReading, Reading, to_pixels
from pipeline.evaluation.faces.pairs import EvalClip, across
from pipeline.evaluation.faces.predictions import Predictions
from pipeline.evaluation.faces.turned import asked, means, turned_scores
from pipeline.evaluation.metrics import pictures as metrics
from pipeline.evaluation.metrics import within_clips
from pipeline.faces.face_crop import FaceCrop

SIDE = 256
_EVEN = (0.5, 2.0)

Perceptual = Callable[[np.ndarray, np.ndarray, np.ndarray], float]
"""How different two pictures of a face look, whose landmarks in the second are given."""


class DetailedProtocol:
    """The tests over these clips, whose views are of 256 pixels. What is true of the frames is read once."""

    def __init__(
        self,
        clips: Sequence[EvalClip],
        reading: FaceReading,
        perceptual: Perceptual,
        on_progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._clips, self._reading, self._on_progress = clips, reading, on_progress
        self._pairs = across([each.subject for each in clips])
        self._perceptual = perceptual
        self._wanted: list[list[Reading]] = []
        for number, each in enumerate(clips, 1):
            on_progress(f"true frames at {SIDE} pixels, clip {number} of {len(clips)}")
            self._wanted.append([reading.known(view.picture, view.landmarks) for view in each.drivers])
        self._own = [reading.known(each.source.picture, each.source.landmarks) for each in clips]

    def run(self, method: Method) -> dict[str, float | None]:
        """By their name in `Scores`."""
        found = {} if method.draw is None else self._self(method.name, method.draw)
        if method.across is not None:
            found |= self._across(method.name, method.across)
        if method.posed is not None:
            found |= self._turned(method)
        return found

    def _self(self, name: str, method: Draw) -> dict[str, float | None]:
        drawn, frames = Predictions(), []
        for place, each in enumerate(self._clips):
            self._on_progress(f"{name}: own motion at {SIDE} pixels, clip {place + 1} of {len(self._clips)}")
            pictures = method(each.source, each.drivers, "both")
            drawn.add(place, self._wanted[place], [self._reading.found(picture) for picture in pictures])
            frames += [self._near(picture, view) for picture, view in zip(pictures, each.drivers, strict=True)]
        return means(frames) | {
            "jaw": drawn.amplitude("expression", 0),
            "smile_amplitude": drawn.amplitude("expression", 2),
            "lips": drawn.amplitude("openings", 0),
            "lids": drawn.amplitude("openings", 1),
            "lips_followed": drawn.correlation("openings", 0),
            "lids_followed": drawn.correlation("openings", 1),
        }

    def _near(self, picture: np.ndarray, truth: FaceCrop) -> dict[str, float | None]:
        box = metrics.face_box(truth.landmarks, len(picture))
        content = np.ones(picture.shape[:2], bool) if truth.content is None else truth.content
        return {
            "detail_psnr": metrics.psnr(picture, truth.picture, content),
            "detail_face_psnr": metrics.psnr(picture[box], truth.picture[box], content[box]),
            "detail_ssim": metrics.ssim(picture, truth.picture, content),
            "detail_sharpness": metrics.sharpness(picture[box], truth.picture[box]),
            "detail_perceptual": self._perceptual(picture, truth.picture, to_pixels(truth.landmarks, len(picture))),
        }

    def _across(self, name: str, method: Draw) -> dict[str, float | None]:
        drawn, near = Predictions(), []
        for place, (source, driver) in enumerate(self._pairs):
            self._on_progress(f"{name}: another's motion at {SIDE} pixels, pair {place + 1} of {len(self._pairs)}")
            person = self._clips[source].source
            who = self._reading.identity(person.picture, person.landmarks)
            pictures = method(person, self._clips[driver].drivers, "both")
            found = [self._reading.found(picture) for picture in pictures]
            drawn.add(place, self._wanted[driver], found)
            near += [
                float(np.linalg.norm(self._reading.identity(picture, seen.landmarks) - who))
                for picture, seen in zip(pictures, found, strict=True)
                if seen.found
            ]
        return {
            "across_jaw": drawn.amplitude("expression", 0),
            "across_smile_amplitude": drawn.amplitude("expression", 2),
            "across_lips": drawn.amplitude("openings", 0),
            "across_lids": drawn.amplitude("openings", 1),
            "across_jaw_followed": drawn.correlation("expression", 0),
            "across_lips_followed": drawn.correlation("openings", 0),
            "across_lids_followed": drawn.correlation("openings", 1),
            "across_even": drawn.even("openings", 0, *_EVEN),
            "across_away": drawn.away("expression", 0),
            "across_distance": within_clips.average(np.array(near)),
        }

    def _turned(self, method: Method) -> dict[str, float | None]:
        assert method.posed is not None
        found: list[dict[str, float | None]] = []
        for place, (each, own) in enumerate(zip(self._clips, self._own, strict=True)):
            self._on_progress(f"{method.name}: turned by 30 degrees, clip {place + 1} of {len(self._clips)}")
            poses = asked(own)
            pictures = method.posed(each.source, poses)
            found += turned_scores(each.source, own, pictures, poses, self._reading)
        return means(found)
