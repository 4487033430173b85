"""Stage track: one face followed at 25 fps, its landmarks, a stable crop; the only pass over all frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from scipy.ndimage import gaussian_filter1d

from models.detection.face_finder import FaceFinder
from stages.clip import (
    AUDIO_RATE,
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
from stages.networks import Infer
from stages.observations import FaceCount
from stages.preview.thumbs import Thumbs
from stages.tracking.detection import DetectorStage
from stages.tracking.face_count import FaceCounter
from stages.tracking.face_path import FacePath, longest_gap
from stages.tracking.follower import Follower
from stages.tracking.inset import inset_of
from stages.tracking.patches import NativePatches
from stages.tracking.stable_crop import StableCrop
from stages.video.reader import Frame, frame_count
from stages.video.shots import CutFinder


@dataclass(frozen=True)
class FaceTrack(DetectorStage, ThresholdStage):
    """Follows the widest face and judges the stretch up to the next scene change, or change of the picture's size.

    Where the frames are filled up with a blurred copy of their middle (stages/tracking/inset.py), the middle is the
    picture.

    every: frames between two detector checks (they start and correct the mesh and count faces). sure, doubtful:
    detector scores of a face, and of one that the mesh must confirm. presence: mesh logit under which the face is
    gone. both_above: degrees of yaw from which both views of the mesh run in every frame. sigma: smoothing of
    landmarks over time, in frames. max_missing: largest share of frames without the face. max_gap: longest gap in
    seconds. min_face: smallest median face height in pixels. size, margin: the crop's pixels and its side over the
    face's height. steady_s: reach of its smoothing. patches: native face patches kept at most (for quality).
    cut_colour, cut_grey: thresholds of a scene change (stages/video/shots.py). split: cut the clip there and judge both
    parts, else reject. detector: who finds the faces, blazeface or scrfd (models/detection/face_finder.py); `sure` and
    `doubtful` hold for both.
    """

    every: int = 12
    sure: float = 0.75
    doubtful: float = 0.5
    presence: float = 0.0
    both_above: float = 15.0
    sigma: float = 0.85
    max_missing: float = 0.1
    max_gap: float = 0.6
    min_face: int = field(default=64, metadata=THRESHOLD)
    size: int = 256
    margin: float = 1.9
    steady_s: float = 0.5
    patches: int = 24
    cut_colour: float = 0.2
    cut_grey: float = 27.5
    split: bool = True
    detector: str = "blazeface"

    name: ClassVar[str] = "track"
    variant: ClassVar[str] = "mesh"
    after: ClassVar[tuple[str, ...]] = ("screen",)
    version: ClassVar[int] = 3
    cuts: ClassVar[bool] = True
    resources: ClassVar[Resources] = Resources()
    columns: ClassVar[pa.Schema] = pa.schema(
        [("frames", pa.int32()), ("face_px", pa.float32()), ("faces_max", pa.int32())]
    )

    def open(self, infer: Infer | None = None) -> Runner:
        found = self.finder(infer)
        return lambda clip: follow(self, clip, found)

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        height = labels["face_px"]
        if under(height, self.min_face):
            return Refusal("face_too_small", f"face {height:.0f} pixels high, at least {self.min_face} wanted")
        return None


def follow(stage: FaceTrack, clip: Clip, finder: FaceFinder) -> Outcome:
    """One pass over a clip, up to its end or the next scene change, then the verdict."""
    cuts = CutFinder(stage.cut_colour, stage.cut_grey)
    watch: _Watch | None = None
    cut: Frame | None = None
    for frame in clip.frames:
        if watch is None:
            clip = _inset(_sized(clip, frame), frame)
            watch = _Watch(stage, clip, finder)
            cuts.starts_shot(frame.image)
        elif frame.image.shape[:2] != _size(clip) or (not frame.repeated and cuts.starts_shot(frame.image)):
            cut = frame
            break
        watch.push(frame)
    watch = watch or _Watch(stage, clip, finder)
    if cut is not None:
        if not stage.split:
            at = clip.start_s + len(watch.times) / FPS
            what = "scene" if cut.image.shape[:2] == _size(clip) else "picture's size"
            return Reject("scene_cut", f"the {what} changes at {at:.2f} s", clip)
        clip = _part(clip, len(watch.times), cut)
    return _verdict(stage, clip, watch)


class _Watch:
    """What is seen of the frames of one stretch while they stream by. clip: with their size and inner picture."""

    def __init__(self, stage: FaceTrack, clip: Clip, finder: FaceFinder) -> None:
        self._stage, self._clip, self._finder = stage, clip, finder
        self._expected = max(1, frame_count(clip.seconds))
        follower = Follower(finder, stage.sure, stage.doubtful, stage.presence, stage.both_above)
        gap = stage.every * max(1, -(-self._expected // (stage.every * stage.patches)))
        self.path = FacePath(follower, stage.every)
        self.counter = FaceCounter(clip.faces or FaceCount(1 / 3, 0.2), self._expected / stage.every)
        self.crop = StableCrop(stage.size, stage.margin, round(stage.steady_s * FPS))
        self.patches = NativePatches(gap, clip.inset)
        self.thumbs = Thumbs(self._expected)
        self.times: list[float] = []
        self._first: int | None = None
        self._hopeless = False

    def push(self, whole: Frame) -> None:
        """Look at the next frame."""
        index, inset = len(self.times), self._clip.inset
        self._first = whole.index if self._first is None else self._first
        self.times.append(whole.time - self._first / FPS)
        frame = whole if inset is None else replace(whole, image=inset.of(whole.image))
        self.thumbs.push(frame.image)
        if self._hopeless:
            if index % self._stage.every == 0 and not self.counter.crowded:
                self.counter.push(self._finder(frame.image, self._stage.sure, self._stage.doubtful), None)
            self.path.skip()
            return
        found = self.path.push(frame)
        landmarks, box = self.path.landmarks[-1], self.path.boxes[-1]
        if found is not None:
            self.counter.push(found, box)
        self.patches.push(whole.image, landmarks)
        self.crop.push(frame.image, box)
        if index % FPS == 0 or found is not None:
            self._hopeless = not self._clip.label_all and self._is_hopeless(index)

    def _is_hopeless(self, index: int) -> bool:
        """Whether the rest cannot change a rejection any more; then only its reason and scene changes matter."""
        missing = sum(points is None for points in self.path.landmarks) if index % FPS == 0 else 0
        seen_any = any(n > 0 for n in self.counter.count.counts)
        return (seen_any and missing > self._stage.max_missing * self._expected) or self.counter.crowded

    def track(self) -> Track:
        """The track, where it is whole: the face was seen, and followed to the end."""
        self.crop.finish()
        present = self.path.present
        landmarks = gaussian_filter1d(self.path.filled(), self._stage.sigma, axis=0, mode="nearest")
        return Track(
            times=np.array(self.times),
            landmarks=landmarks.astype(np.float32),
            present=present,
            crops=tuple(self.crop.crops),
            crop_matrix=np.stack(self.crop.matrices),
            frame_size=_size(self._clip) if self._clip.inset is None else self._clip.inset.size,
            patches=tuple(patch for patch in self.patches.taken if present[patch.index]),
        )


def _verdict(stage: FaceTrack, clip: Clip, watch: _Watch) -> Outcome:
    """The clip with its track, or why it is rejected."""
    faces, present = watch.counter.count, watch.path.present
    clip = replace(clip.add(frames=len(present), faces_max=faces.most), thumbs=tuple(watch.thumbs.taken))
    heights = [box[2] for box in watch.path.boxes if box is not None]
    if not heights:
        return Reject("no_face", f"no face in {len(present)} frames", clip)
    clip = clip.add(face_px=float(np.median(heights)))
    if clip.label_all:
        clip = replace(clip, track=watch.track())
    if faces.several:
        seen = len(faces.counts)
        detail = f"{faces.most} faces at most, several in {faces.several_share:.0%} of {seen} samples"
        return Reject("several_faces", detail, clip)
    if np.mean(~present) > stage.max_missing or longest_gap(present) > stage.max_gap * FPS:
        where = clip.start_s + int(np.argmin(present)) / FPS
        detail = f"no face in {np.mean(~present):.0%} of the frames, first at {where:.2f} s"
        return Reject("face_lost", detail, clip)
    outcome = stage.judged(clip)
    return outcome if isinstance(outcome, Reject) or outcome.track else replace(outcome, track=watch.track())


def _part(clip: Clip, count: int, cut: Frame) -> Clip:
    """The first `count` frames of a clip, up to the scene change, with the rest of the stretch behind it."""
    end = clip.start_s + count / FPS
    clip.frames.push(cut)
    sound = clip.sound
    split = round(count / FPS * AUDIO_RATE)
    rest = replace(
        _sized(clip, cut),
        start_s=end,
        sound=None if sound is None else sound[split:],
        thumbs=(),
        inset=None,
        columns={},
        arrays={},
    )
    return replace(clip, end_s=end, sound=None if sound is None else sound[:split], rest=rest)


def _size(clip: Clip) -> tuple[int, int]:
    """(height, width) of every frame up to the next cut."""
    return clip.header.height, clip.header.width


def _sized(clip: Clip, frame: Frame) -> Clip:
    """The clip with the size of a frame of its own: a file's picture may change its size on the way."""
    height, width = frame.image.shape[:2]
    if (clip.header.height, clip.header.width) == (height, width):
        return clip
    return replace(clip.add(width=width, height=height), header=replace(clip.header, width=width, height=height))


def _inset(clip: Clip, first: Frame) -> Clip:
    """The clip with the inner picture of its frames, as its first one shows it, else as its key frames do."""
    found = inset_of(first.image) or clip.inset
    return replace(clip, inset=found if found is not None and found.fits(first.image) else None)
