"""Stage track: one face followed at 25 fps, its landmarks, a stable crop; the only pass over all frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from scipy.ndimage import gaussian_filter1d

from models.detection.blazeface import Detections
from models.detection.face_finder import FaceFinder, finder_weights
from models.runtime.image import bounds
from stages.clip import (
    AUDIO_RATE,
    FPS,
    THRESHOLD,
    Clip,
    Outcome,
    Patch,
    Refusal,
    Reject,
    Resources,
    Runner,
    ThresholdStage,
    Track,
    under,
)
from stages.networks import Ask, NetworkStage
from stages.preview.thumbs import COUNT, Thumb, thumb
from stages.tracking.detection import DetectorNetwork, detector_networks, finder
from stages.tracking.face_count import FaceCount
from stages.tracking.follower import Follower
from stages.tracking.inset import inset_of
from stages.tracking.stable_crop import SteadyCrop
from stages.video.reader import Frame, frame_count
from stages.video.shots import CutFinder


@dataclass(frozen=True)
class FaceTrack(NetworkStage, ThresholdStage):
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

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the detector's weights and the mesh's."""
        return finder_weights(self.detector)

    @property
    def networks(self) -> tuple[DetectorNetwork, ...]:
        """The detector's, where it is a large one."""
        return detector_networks(self.detector)

    def open(self, ask: Ask | None = None) -> Runner:
        found = finder(self.detector, ask)
        return lambda clip: _Pass(self, clip, found).run()

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        height = labels["face_px"]
        if under(height, self.min_face):
            return Refusal("face_too_small", f"face {height:.0f} pixels high, at least {self.min_face} wanted")
        return None


class _Pass:
    """One pass over one clip, up to its end or the next scene change."""

    def __init__(self, stage: FaceTrack, clip: Clip, finder: FaceFinder) -> None:
        self._stage, self._clip, self._finder = stage, clip, finder
        self._follower = Follower(finder, stage.sure, stage.doubtful, stage.presence, stage.both_above)
        self._cuts = CutFinder(stage.cut_colour, stage.cut_grey)
        self._steady = SteadyCrop(stage.size, stage.margin, round(stage.steady_s * FPS))
        self._expected = max(1, frame_count(clip.seconds))
        self._faces = clip.faces or FaceCount(1 / 3, 0.2)
        self._landmarks: list[np.ndarray | None] = []
        self._boxes: list[np.ndarray | None] = []
        self._times: list[float] = []
        self._crops: list[np.ndarray] = []
        self._matrices: list[np.ndarray] = []
        self._patches: list[Patch] = []
        self._patch_gap = stage.every * max(1, -(-self._expected // (stage.every * stage.patches)))
        self._thumbs: list[Thumb] = []
        self._thumb_gap = max(1, self._expected // COUNT)
        self._checked = -1
        self._hopeless = False

    @property
    def _frame_size(self) -> tuple[int, int]:
        """(height, width) of every frame up to the next cut."""
        return self._clip.header.height, self._clip.header.width

    def run(self) -> Outcome:
        """All frames of the stretch, then the verdict."""
        first: int | None = None
        cut: Frame | None = None
        for frame in self._clip.frames:
            if first is None:
                first = frame.index
                self._clip = _inset(_sized(self._clip, frame), frame)
            elif frame.image.shape[:2] != self._frame_size or (
                not frame.repeated and self._cuts.starts_shot(frame.image)
            ):
                cut = frame
                break
            if frame.index == first:
                self._cuts.starts_shot(frame.image)
            self._times.append(frame.time - first / FPS)
            self._take(frame)
        clip = self._clip
        if cut is not None:
            if not self._stage.split:
                at = clip.start_s + len(self._times) / FPS
                what = "scene" if cut.image.shape[:2] == self._frame_size else "picture's size"
                return Reject("scene_cut", f"the {what} changes at {at:.2f} s", clip)
            clip = self._part(cut)
        if not self._hopeless:
            for crop, matrix in self._steady.finish():
                self._keep(crop, matrix)
        return self._judge(clip)

    def _take(self, whole: Frame) -> None:
        index, inset = len(self._landmarks), self._clip.inset
        frame = whole if inset is None else replace(whole, image=inset.of(whole.image))
        if (index + self._thumb_gap // 2) % self._thumb_gap == 0 and len(self._thumbs) < COUNT:
            self._thumbs.append(thumb(index, frame.image))
        if self._hopeless:
            if index % self._stage.every == 0 and not self._crowded():
                self._count(self._finder(frame.image, self._stage.sure, self._stage.doubtful), None)
            self._landmarks.append(None)
            self._boxes.append(None)
            return
        landmarks = self._landmarks[-1] if frame.repeated and index else None
        box = self._boxes[-1] if landmarks is not None else None
        if landmarks is None:
            sight = self._follower.step(frame.image, index % self._stage.every == 0 or self._just_lost(index))
            landmarks = sight.landmarks
            box = None if landmarks is None else _centre_height(landmarks)
            if sight.moved:
                unsure = index - self._checked - 1
                self._landmarks[self._checked + 1 :] = [None] * unsure
                self._boxes[self._checked + 1 :] = [None] * unsure
            if sight.detections is not None and index % self._stage.every == 0:
                self._checked = index
                self._count(sight.detections, box)
        self._landmarks.append(landmarks)
        self._boxes.append(box)
        if landmarks is not None and index % self._patch_gap == 0:
            self._patches.append(self._native_patch(index, whole.image, landmarks))
        for crop, matrix in self._steady.push(frame.image, box):
            self._keep(crop, matrix)
        if index % FPS == 0 or self._checked == index:
            self._hopeless = self._is_hopeless(index)

    def _native_patch(self, index: int, image: np.ndarray, landmarks: np.ndarray) -> Patch:
        """The face in the whole frame, whose blocks are the codec's."""
        inset = self._clip.inset
        return native_patch(index, image, landmarks if inset is None else landmarks + [inset.left, inset.top, 0])

    def _just_lost(self, index: int) -> bool:
        """Right after a loss the detector looks in every frame for half a second, then at the usual pace."""
        recent = self._landmarks[max(0, index - self._stage.every) :]
        return self._follower.lost and any(points is not None for points in recent)

    def _count(self, found: Detections, box: np.ndarray | None) -> None:
        main = None
        if box is not None and len(found):
            middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
            main = float(found.widths[np.argmin(np.linalg.norm(middle - box[:2], axis=1))])
        self._faces = self._faces.add(found.widths, main)

    def _is_hopeless(self, index: int) -> bool:
        """Whether the rest cannot change a rejection any more; then only its reason and scene changes matter."""
        missing = sum(points is None for points in self._landmarks) if index % FPS == 0 else 0
        seen_any = any(n > 0 for n in self._faces.counts)
        lost = seen_any and missing > self._stage.max_missing * self._expected
        return not self._clip.label_all and (self._hopeless or lost or self._crowded())

    def _crowded(self) -> bool:
        """Whether the sampled frames so far make it several faces, whatever the rest shows."""
        samples = self._expected / self._stage.every
        return sum(n > 1 for n in self._faces.counts) > max(2.0, self._faces.share * (samples + 1))

    def _keep(self, crop: np.ndarray, matrix: np.ndarray) -> None:
        self._crops.append(crop)
        self._matrices.append(matrix)

    def _part(self, cut: Frame) -> Clip:
        """The clip up to the scene change, with the rest of the stretch behind it."""
        clip, count = self._clip, len(self._times)
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

    def _judge(self, clip: Clip) -> Outcome:
        stage = self._stage
        present = np.array([points is not None for points in self._landmarks])
        count = len(present)
        clip = replace(clip.add(frames=count, faces_max=self._faces.most), thumbs=tuple(self._thumbs))
        heights = [box[2] for box in self._boxes if box is not None]
        if heights:
            clip = clip.add(face_px=float(np.median(heights)))
        if not heights:
            return Reject("no_face", f"no face in {count} frames", clip)
        if clip.label_all:
            clip = self._tracked(clip, present)
        if self._faces.several:
            seen = len(self._faces.counts)
            detail = f"{self._faces.most} faces at most, several in {self._faces.several_share:.0%} of {seen} samples"
            return Reject("several_faces", detail, clip)
        gap = _longest_gap(present)
        if np.mean(~present) > stage.max_missing or gap > stage.max_gap * FPS:
            where = clip.start_s + int(np.argmin(present)) / FPS
            detail = f"no face in {np.mean(~present):.0%} of the frames, first at {where:.2f} s"
            return Reject("face_lost", detail, clip)
        outcome = stage.judged(clip)
        return outcome if isinstance(outcome, Reject) or outcome.track else self._tracked(outcome, present)

    def _tracked(self, clip: Clip, present: np.ndarray) -> Clip:
        """The clip with its track."""
        landmarks = gaussian_filter1d(_filled(self._landmarks, present), self._stage.sigma, axis=0, mode="nearest")
        track = Track(
            times=np.array(self._times),
            landmarks=landmarks.astype(np.float32),
            present=present,
            crops=tuple(self._crops),
            crop_matrix=np.stack(self._matrices),
            frame_size=self._frame_size if clip.inset is None else clip.inset.size,
            patches=tuple(p for p in self._patches if present[p.index]),
        )
        return replace(clip, track=track)


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


def _centre_height(landmarks: np.ndarray) -> np.ndarray:
    """(x, y, height) of the face in pixels, [3]."""
    low, high = bounds(landmarks)
    return np.array([*(low + high) / 2, high[1] - low[1]])


def native_patch(index: int, image: np.ndarray, landmarks: np.ndarray) -> Patch:
    """The face in native pixels, its corner on the 8-pixel grid of the codec's blocks."""
    low, high = bounds(landmarks)
    height, width = image.shape[:2]
    x0, y0 = (int(max(0, v) // 8 * 8) for v in low)
    x1, y1 = int(min(width, np.ceil(high[0]))), int(min(height, np.ceil(high[1])))
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return Patch(index, part.copy(), (x0, y0), np.array([*low, *high]))


def _longest_gap(present: np.ndarray) -> int:
    """Frames of the longest run without the face."""
    longest = run = 0
    for seen in present:
        run = 0 if seen else run + 1
        longest = max(longest, run)
    return longest


def _filled(landmarks: list[np.ndarray | None], present: np.ndarray) -> np.ndarray:
    """[T, 468, 3] with frames without a face interpolated in time between their neighbours."""
    known = np.flatnonzero(present)
    points = np.stack([p for p in landmarks if p is not None])
    if len(known) == len(present):
        return points
    at = np.interp(np.arange(len(present)), known, np.arange(len(known)))
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(known) - 1)
    part = (at - low)[:, None, None]
    return points[low] * (1 - part) + points[high] * part
