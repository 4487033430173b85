"""The contract of the stages: what a clip is on its way, and what a stage may answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa

from models.face.camera import cameras
from models.weights.entry import Weights
from stages.observations import FaceCount, Inset, Thumb
from stages.video.header import VideoHeader
from stages.video.reader import Frames

FPS = 25
AUDIO_RATE = 16_000

NOT_SET = {"not_set": True}
"""Metadata of a stage's field that belongs to the recipe but is no setting."""

THRESHOLD = {"threshold": True}
"""Metadata of a field of a `ThresholdStage` that only `refuse` reads: another value changes verdicts, but no label."""


@dataclass(frozen=True)
class Resources:
    """What one worker that runs the stage asks of the cluster."""

    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True)
class Patch:
    """A face cut out of a native frame, not resampled: `image` uint8 RGB [h, w, 3] taken at frame pixel `origin`.

    `index` is the clip's frame, `box` (x0, y0, x1, y1) the face in frame pixels.
    """

    index: int
    image: np.ndarray
    origin: tuple[int, int]
    box: np.ndarray


@dataclass(frozen=True)
class Track:
    """One face followed over T frames at 25 fps.

    times [T]: source timestamp of each frame in seconds from the clip's start. landmarks [T, 468, 3]: frame pixels,
    z in the same unit. present [T]: whether the face was seen in that frame (landmarks are interpolated where not).
    crops: the stable crop of each frame, T times uint8 RGB [S, S, 3]; crop_matrix [T, 2, 3]: frame pixels to crop
    pixels. frame_size (height, width): of the inner picture where frames have one, whose pixels are meant then.
    patches: native faces of sampled frames.
    """

    times: np.ndarray
    landmarks: np.ndarray
    present: np.ndarray
    crops: Sequence[np.ndarray]
    crop_matrix: np.ndarray
    frame_size: tuple[int, int]
    patches: tuple[Patch, ...]

    def crop_landmarks(self, index: int) -> np.ndarray:
        """Landmarks of frame `index` in the pixels of its crop, [468, 3]."""
        matrix = self.crop_matrix[index]
        points = self.landmarks[index].astype(np.float64)
        points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        points[:, 2] *= np.hypot(matrix[0, 0], matrix[0, 1])
        return points

    def unit_landmarks(self) -> np.ndarray:
        """Landmarks of all frames in crop units, float64 [T, 468, 3].

        The crop spans [-1, 1] in x (right) and y (down): pixel u of S lies at (2 u + 1) / S - 1. z in the same unit.
        """
        sides = np.array([len(crop) for crop in self.crops], np.float64)
        matrix = 2 * self.crop_matrix / sides[:, None, None]
        scale, shift = np.zeros((len(sides), 3, 3)), np.zeros((len(sides), 1, 3))
        scale[:, :2, :2] = matrix[:, :, :2].transpose(0, 2, 1)
        scale[:, 2, 2] = np.hypot(matrix[:, 0, 0], matrix[:, 0, 1])
        shift[:, 0, :2] = matrix[:, :, 2] + 1 / sides[:, None] - 1
        return np.asarray(self.landmarks, np.float64) @ scale + shift

    @cached_property
    def cameras(self) -> np.ndarray:
        """Where the stable crops lie in the clip's camera, float32 [T, 3] (models/face/camera.py)."""
        pixels = np.array([len(crop) for crop in self.crops], np.float64)
        scale = self.crop_matrix[:, 0, 0]
        middle = ((pixels[:, None] - 1) / 2 - self.crop_matrix[:, :, 2]) / scale[:, None]
        return cameras(middle, pixels / scale, self.present)


class NoTrack(ValueError):
    """A stage that needs a face track was given a clip without one."""


@dataclass(frozen=True)
class Clip:
    """A stretch of one video on its way through the stages. Stages return a new Clip, they do not change one.

    start_s, end_s: seconds from the first frame of the video. columns: values for the catalog's row. arrays:
    per-frame values [T, D] for the catalog's latents. stored: the clip's row of the catalog's table frames, empty
    unless a stage makes it. inset: the inner picture of the frames, where they are filled up with a blurred copy of
    it. sound: float32 mono at 16 kHz for exactly [start_s, end_s), or None. thumbs: small frames for the report.
    label_all: its labels are wanted even where it is rejected, so a stage gives up on nothing early.
    """

    path: str
    header: VideoHeader
    start_s: float
    end_s: float
    frames: Frames
    sound: np.ndarray | None = None
    faces: FaceCount | None = None
    inset: Inset | None = None
    track: Track | None = None
    thumbs: tuple[Thumb, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)
    rest: Clip | None = None
    label_all: bool = False

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def add(self, **columns: Any) -> Clip:
        """This clip with more columns."""
        return replace(self, columns={**self.columns, **columns})

    def add_arrays(self, **arrays: np.ndarray) -> Clip:
        """This clip with more per-frame arrays."""
        return replace(self, arrays={**self.arrays, **arrays})

    def tracked(self) -> Track:
        """The track, or an error that says which stage must come first."""
        if self.track is None:
            raise NoTrack(f"{self.path}: no face track yet; put the stage 'track' earlier in the recipe")
        return self.track


@dataclass(frozen=True)
class Refusal:
    """Why a clip is refused: a short stable reason, and the detail a person reads."""

    reason: str
    detail: str

    @property
    def text(self) -> str:
        """Both, as table clips has them in `refusals`."""
        return f"{self.reason}: {self.detail}"


@dataclass(frozen=True)
class Reject:
    """A stage's no: a short stable reason, the detail a person reads, and the clip as far as it got.

    clip.rest, where set, is what of the source follows a scene change and still has to be judged.
    """

    reason: str
    detail: str
    clip: Clip


Outcome = Clip | Reject
Runner = Callable[[Clip], Outcome]

REASONS = (
    "no_face",
    "several_faces",
    "low_quality",
    "too_short",
    "too_small",
    "no_audio",
    "no_speech",
    "face_lost",
    "face_too_small",
    "scene_cut",
    "still_picture",
    "out_of_sync",
    "no_sync",
    "duplicate",
)


class Stage(Protocol):
    """A frozen dataclass of parameters with one verb: `open()` loads weights once a worker and returns the runner.

    A file in stages/labels/ that holds one is all that a new label takes: recipes find it there by what its class says
    in plain values.

    name: its role in a recipe. version: raise it when the same parameters give other results, so that a catalog does
    not mix both. columns: what it adds to clips (`Clip.add`), arrays: to latents (`Clip.add_arrays`); with unit and
    meaning (stages/columns.py) they become columns of the catalog. weights: names of the registry, or entries of files
    that are in none. Fields that do not count when two are compared are no part of the recipe. One that refuses by
    thresholds is a `ThresholdStage`.

    And what only some say. after: the roles it comes after, since it needs their work or lets them reject first;
    without it, it comes last. variant: its name among several stages of one role, of which `--set ROLE=VARIANT` takes
    another; formerly: a name that it had before and by which recipes go on calling it; profile: which profile takes
    it. option: the option of jobs/extract.py without which no recipe has it.
    optional: `--set ROLE=none` leaves the role out. unfit: a method that is given the stages of a recipe by role and
    says why it cannot work beside them, None where it can; a recipe that it was not named for goes without it then.
    cuts: it may end a clip where the scene changes, with the rest behind it (`Clip.rest`).
    """

    name: ClassVar[str]
    version: ClassVar[int]
    columns: ClassVar[pa.Schema]
    arrays: ClassVar[pa.Schema] = pa.schema([])
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str | Weights, ...]] = ()

    def open(self) -> Runner: ...


class ThresholdStage(ABC):
    """A stage that refuses clips by labels which stand in the catalog, against thresholds of its own.

    Its fields with the metadata THRESHOLD change no label, and only `refuse` reads them: another value of one decides
    again what the catalog holds, without the video. The stage itself asks it too (`judged`), after all else that it may
    reject for. refuses_otherwise: it may also reject, for a reason of its own, a clip that `refuse` would refuse, so a
    clip that it refused must be seen again before it can pass.
    """

    refuses_otherwise: ClassVar[bool] = False

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The names of its fields that are thresholds."""
        return tuple(each.name for each in fields(self) if each.metadata.get("threshold"))  # type: ignore[arg-type]

    @abstractmethod
    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        """Why a clip with these labels is refused, or None. Depends on nothing else.

        labels: by column of table clips, of the stage itself and of those before it, with start_s and end_s. Numbers
        are as a catalog holds them: compare them with `under`.
        """

    def judged(self, clip: Clip) -> Outcome:
        """The clip, or its rejection by `refuse`."""
        refusal = self.refuse({**clip.columns, "start_s": clip.start_s, "end_s": clip.end_s})
        return clip if refusal is None else Reject(refusal.reason, refusal.detail, clip)


def under(label: float | None, least: float) -> bool:
    """Whether there is a label and it is under a threshold, both as the single-precision numbers a catalog holds."""
    return label is not None and bool(np.float32(label) < np.float32(least))
