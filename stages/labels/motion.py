"""Stage motion: how much of the time something in the face moves; rejects still photos and pictures that freeze."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from stages.clip import (
    FPS,
    THRESHOLD,
    Clip,
    Outcome,
    Refusal,
    Reject,
    Resources,
    Runner,
    ThresholdStage,
    Track,
    under,
)
from stages.labels.stillness import Look, look, moved

_NOISY = 2.2
"""Means of a few frames differ by noise alone by up to this many times what Look.noise says."""
_MOST_BY_NOISE, _MOST_BY_PIXELS = 0.8, 1.0
"""Percent of the face's height up to which noise and coarse pixels may raise what counts as still."""
_SAME = 1e-3
"""Seconds by which two source frames differ at least."""
_INTERVALS = 2.5
"""A source's usual interval between frames, so many times over, is no standstill yet."""
_TOLD = 3


@dataclass(frozen=True)
class Motion(ThresholdStage):
    """Adds `motion`, the share of the time outside of standstills, and rejects `still_picture`.

    A standstill is a stretch of at least `brief` seconds in which neither eyes nor mouth move by `still` percent of the
    face's height; `pixels` is the same in pixels of the source, for small faces, and noise raises it too. minimum:
    smallest `motion`. longest: seconds of the longest standstill that passes. step: seconds of the moments compared.
    """

    minimum: float = field(default=0.6, metadata=THRESHOLD)
    longest: float = 3.0
    brief: float = 1.5
    still: float = 0.35
    pixels: float = 0.9
    step: float = 0.2

    name: ClassVar[str] = "motion"
    variant: ClassVar[str] = "mesh"
    after: ClassVar[tuple[str, ...]] = ("track",)
    version: ClassVar[int] = 1
    refuses_otherwise: ClassVar[bool] = True
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ("canonical_face",)
    columns: ClassVar[pa.Schema] = pa.schema([("motion", pa.float32())])

    def __post_init__(self) -> None:
        if not self.step >= 1 / FPS:
            raise ValueError(f"moments of {self.step:g} s are shorter than a frame: at least {1 / FPS:g}")

    def open(self) -> Runner:
        return self._run

    def _run(self, clip: Clip) -> Outcome:
        track = clip.tracked()
        step, count = max(1, round(self.step * FPS)), len(track.times)
        looks = moments(track, step)
        found = [stretch.until(count) for stretch in unchanged(looks, step, self._limit(looks, clip))]
        brief = max(self.brief, _INTERVALS * interval(track.times))
        still = [stretch for stretch in found if stretch.seconds >= brief - 1e-6]
        share = sum(stretch.end - stretch.first for stretch in still) / count
        outcome = self.judged(clip.add(motion=1.0 - share))
        longest = max((stretch.seconds for stretch in still), default=0.0)
        if isinstance(outcome, Clip) and longest <= self.longest + 1e-6:
            return outcome
        when = ", ".join(stretch.told(clip.start_s) for stretch in still[:_TOLD])
        more = f" and {len(still) - _TOLD} times more" if len(still) > _TOLD else ""
        clip = outcome if isinstance(outcome, Clip) else outcome.clip
        return Reject("still_picture", f"the face stands still {when}{more}: {share:.0%} of the time", clip)

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        if under(labels["motion"], self.minimum):
            return Refusal("still_picture", f"the face stands still: {1 - labels['motion']:.0%} of the time")
        return None

    def _limit(self, looks: Sequence[Look | None], clip: Clip) -> float:
        """Percent of the face's height under which nothing has moved."""
        noises = [each.noise for each in looks if each is not None and each.noise is not None]
        # where the face moves, motion is taken for noise: the quiet moments tell
        noise = _NOISY * float(np.percentile(noises, 10)) if noises else 0.0
        coarse = 100 * self.pixels / max(float(clip.columns["face_px"]), 1.0)
        return max(self.still, min(noise, _MOST_BY_NOISE), min(coarse, _MOST_BY_PIXELS))


@dataclass(frozen=True)
class Stretch:
    """Frames `first` to `end` - 1 of a clip."""

    first: int
    end: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.first) / FPS

    def until(self, count: int) -> Stretch:
        """The part of it before frame `count`."""
        return Stretch(self.first, min(self.end, count))

    def told(self, start_s: float) -> str:
        """From when to when it lasts, in seconds of the source; the clip starts at `start_s`."""
        return f"from {start_s + self.first / FPS:.2f} to {start_s + self.end / FPS:.2f} s"


def interval(times: np.ndarray) -> float:
    """Seconds between two frames of the source, usually; times [T]: where each frame of a clip comes from in it."""
    steps = np.diff(times)
    steps = steps[steps > _SAME]
    return float(np.median(steps)) if len(steps) else 0.0


def moments(track: Track, step: int) -> list[Look | None]:
    """The face in each `step` frames; None where all of them repeat the source frame before."""
    new = np.diff(track.times, prepend=-np.inf) > _SAME
    starts = range(0, len(track.times), step)
    shown = [np.flatnonzero(new[start : start + step]) + start for start in starts]
    return [look(track, frames.tolist()) if len(frames) else None for frames in shown]


def unchanged(looks: Sequence[Look | None], step: int, limit: float) -> list[Stretch]:
    """The moments `looks` of `step` frames each, parted where the face is `limit` or more from where the part began."""
    out: list[Stretch] = []
    first, anchor = 0, looks[0]
    for index, each in enumerate(looks):
        if each is None or anchor is None or index == first or moved(anchor.picture, each.picture) < limit:
            continue
        out.append(Stretch(first * step, index * step))
        first, anchor = index, each
    return [*out, Stretch(first * step, len(looks) * step)]
