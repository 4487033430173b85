"""Every test that a method is put to, over the same frames for all.

self: a clip's first frame driven by its others. across: driven by a clip of another subject, by all of its motion, by
pose alone and by dynamics alone. sweep: the head turned by given angles, which only a method that takes angles can.
dynamics: what a linear map tells from a method's code of dynamics, which should know nothing of the head's pose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.faces.baselines import Method
from pipeline.evaluation.faces.frame_scores import frame_scores
from pipeline.evaluation.faces.kept_pictures import Shown, kept
from pipeline.evaluation.faces.method import Draw, Moved
from pipeline.evaluation.faces.observer import FaceReading, Reading
from pipeline.evaluation.faces.pairs import EvalClip, across
from pipeline.evaluation.faces.predictions import Predictions
from pipeline.evaluation.faces.table import Scores
from pipeline.evaluation.metrics import within_clips
from pipeline.evaluation.metrics.linear_prediction import predicted
from pipeline.faces.face_crop import FaceCrop

SWEEP = np.linspace(-20, 20, 9)
"""Degrees, of yaw and then of pitch; the other angles stay the source's."""

OnProgress = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """What a method got, and a few of its pictures."""

    scores: Scores
    shown: tuple[Shown, ...]


class Protocol:
    """The tests over these clips. What is true of the frames is read once, for all methods."""

    def __init__(
        self, clips: Sequence[EvalClip], reading: FaceReading, on_progress: OnProgress = lambda text: None
    ) -> None:
        self.clips = clips
        self.pairs = across([each.subject for each in clips])
        self._reading, self._on_progress = reading, on_progress
        self._wanted: list[list[Reading]] = []
        for number, each in enumerate(clips, 1):
            on_progress(f"true frames, clip {number} of {len(clips)}")
            frames = zip(each.whole, each.drivers, strict=True)
            self._wanted.append([reading.known(picture, view.landmarks) for picture, view in frames])
        self._sources = [self._identities([each.source])[0] for each in clips]
        self._drivers = {driver: self._identities(clips[driver].drivers) for _, driver in self.pairs}

    def run(self, method: Method) -> Result:
        """All tests that the method can take."""
        shown: list[Shown] = []
        values = {} if method.draw is None else self._self(method.name, method.draw, shown)
        if method.across is not None:
            values |= self._across(method.name, method.across, shown)
        values |= self._sweep(method)
        values |= self._pose_from_dynamics(method)
        return Result(Scores(**values), tuple(shown))

    def _self(self, name: str, method: Draw, shown: list[Shown]) -> dict[str, float | None]:
        drawn, frames = Predictions(), []
        for place, each in enumerate(self.clips):
            self._on_progress(f"{name}: own motion, clip {place + 1} of {len(self.clips)}")
            pictures = _checked(name, method, each.source, each.drivers, "both")
            found = self._found(pictures)
            drawn.add(place, self._wanted[place], found)
            frames += [
                frame_scores(picture, view, each.source.picture, reading.landmarks)
                for picture, view, reading in zip(pictures, each.drivers, found, strict=True)
            ]
            shown += kept("self", place, len(self.clips), each.source, each.drivers, pictures)
        means = {key: within_clips.average(np.array([frame[key] for frame in frames], np.float64)) for key in frames[0]}
        followed = {name: drawn.correlation("pose", axis) for axis, name in enumerate(("pitch", "yaw", "roll"))}
        followed |= {
            name: drawn.correlation("expression", axis) for axis, name in enumerate(("mouth", "blink", "smile"))
        }
        off = {f"{name}_off": drawn.away("pose", axis) for axis, name in enumerate(("pitch", "yaw", "roll"))}
        return means | followed | off | {"found": drawn.seen()}

    def _across(self, name: str, method: Draw, shown: list[Shown]) -> dict[str, float | None]:
        tests: tuple[Moved, ...] = ("both", "pose", "dynamics")
        drawn: dict[Moved, Predictions] = {moved: Predictions() for moved in tests}
        distances: list[tuple[float, float]] = []
        for place, (source, driver) in enumerate(self.pairs):
            self._on_progress(f"{name}: another's motion, pair {place + 1} of {len(self.pairs)}")
            person, drivers = self.clips[source].source, self.clips[driver].drivers
            for moved in tests:
                pictures = _checked(name, method, person, drivers, moved)
                found = self._found(pictures)
                drawn[moved].add(place, self._wanted[driver], found)
                shown += kept(moved, place, len(self.pairs), person, drivers, pictures)
                if moved == "both":
                    distances += self._distances(source, driver, pictures, found)
        both, pose, dynamics = (drawn[moved] for moved in tests)
        followed = {
            f"across_{title}": both.correlation("pose", axis) for axis, title in enumerate(("pitch", "yaw", "roll"))
        }
        followed |= {
            f"across_{title}": both.correlation("expression", axis)
            for axis, title in enumerate(("mouth", "blink", "smile"))
        }
        near, far = np.array(distances).reshape(-1, 2).T
        return followed | {
            "across_found": both.seen(),
            "mouth_leak": _over(pose.deviation("expression", 0), dynamics.deviation("expression", 0)),
            "mouth_leak_followed": pose.correlation("expression", 0),
            "dynamics_mouth": dynamics.correlation("expression", 0),
            "yaw_leak": _over(dynamics.deviation("pose", 1), pose.deviation("pose", 1)),
            "nearer_source": within_clips.average(100.0 * (near < far)),
            "source_distance": within_clips.average(near),
            "driver_distance": within_clips.average(far),
        }

    def _sweep(self, method: Method) -> dict[str, float | None]:
        if method.posed is None:
            return {}
        values: dict[str, float | None] = {}
        for axis, name in ((1, "yaw"), (0, "pitch")):
            drawn = Predictions()
            for place, each in enumerate(self.clips):
                self._on_progress(
                    f"{method.name}: {name} from -20 to 20 degrees, clip {place + 1} of {len(self.clips)}"
                )
                own = self._reading.known(each.source.picture, each.source.landmarks)
                asked = np.tile(own.pose, (len(SWEEP), 1))
                asked[:, axis] = SWEEP
                pictures = method.posed(each.source, asked)
                wanted = [Reading(own.landmarks, pose, own.expression) for pose in asked]
                drawn.add(place, wanted, self._found(pictures))
            values |= {f"sweep_{name}": drawn.slope(axis), f"sweep_{name}_off": drawn.away("pose", axis)}
        return values

    def _pose_from_dynamics(self, method: Method) -> dict[str, float | None]:
        if method.dynamics is None:
            return {}
        self._on_progress(f"{method.name}: what its dynamics tell of the pose")
        code = np.concatenate([method.dynamics(each.drivers) for each in self.clips])
        count = [len(each.drivers) for each in self.clips]
        clip = np.repeat(np.arange(len(count)), count)
        subject = np.repeat([each.subject for each in self.clips], count)
        true = [reading for readings in self._wanted for reading in readings]
        pitch, yaw = (predicted(code, np.array([each.pose[axis] for each in true]), clip, subject) for axis in (0, 1))
        mouth = predicted(code, np.array([each.expression[0] for each in true]), clip, subject)
        both = None if pitch is None or yaw is None else (pitch + yaw) / 2
        return {"told_pose": both, "told_pitch": pitch, "told_yaw": yaw, "told_mouth": mouth}

    def _found(self, pictures: Sequence[np.ndarray]) -> list[Reading]:
        """What each picture shows; those that are the same are read once."""
        keys = [picture.tobytes() for picture in pictures]
        known = {key: self._reading.found(picture) for key, picture in dict(zip(keys, pictures, strict=True)).items()}
        return [known[key] for key in keys]

    def _identities(self, views: Sequence[FaceCrop]) -> list[np.ndarray]:
        return [self._reading.identity(view.picture, view.landmarks) for view in views]

    def _distances(
        self, source: int, driver: int, pictures: Sequence[np.ndarray], found: Sequence[Reading]
    ) -> list[tuple[float, float]]:
        """(to the source's first frame, to the driver's frame) of every picture that shows a face, by dlib's vector."""
        out = []
        for picture, reading, theirs in zip(pictures, found, self._drivers[driver], strict=True):
            if reading.found:
                vector = self._reading.identity(picture, reading.landmarks)
                own = self._sources[source]
                out.append((float(np.linalg.norm(vector - own)), float(np.linalg.norm(vector - theirs))))
        return out


def _checked(name: str, method: Draw, source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
    """The pictures of a method. ValueError when they are not what a method owes."""
    pictures = method(source, drivers, moved)
    wrong = [picture.shape for picture in pictures if picture.shape != source.picture.shape]
    if len(pictures) != len(drivers) or wrong:
        raise ValueError(
            f"{name} gave {len(pictures)} pictures {wrong[:1] or ''} for {len(drivers)} drivers; expected as many, "
            f"each {source.picture.shape}"
        )
    return pictures


def _over(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else a / b
