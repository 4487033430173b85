"""The tables of a catalog: explicit Arrow schemas with a unit and a meaning for every column.

These are the columns that every catalog has. Stages may declare more of clips and latents, which a catalog then has too
(`catalogs.schema.with_columns`): they come after these, and every file says in its own schema which it has.
Field metadata: `unit`, `about`; `dim` (D) for columns that hold a flat row-major list of [T, D] whose D is the same in
every recipe; where it is not, D is the list's length over `frames`; `per`, which is `frame` for columns of latents that
hold such a list. Table metadata: `vasari.table`, `vasari.version`.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

VERSION = "4"
OLDEST = "3"
"""The earliest version that is read and written on: until then `clips.seconds` was a struct with a field a stage."""

EMOTIONS = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
STATUSES = ("accepted", "rejected", "failed")
FAILED_REASONS = ("unreadable", "unreachable", "timeout", "crashed", "error")
UNDECIDED_REASONS = ("unreachable",)
"""Failures that say nothing of the clip: the next run decides it."""

_HEX = "32 hex digits"
_SHARE = "share, 0 to 1"


def _field(
    name: str, kind: pa.DataType, unit: str, about: str, *, required: bool = False, dim: int | None = None
) -> pa.Field:
    metadata = {"unit": unit, "about": about}
    if dim is not None:
        metadata["dim"] = str(dim)
    return pa.field(name, kind, nullable=not required, metadata=metadata)


def _per_frame(name: str, unit: str, about: str, dim: int | None = None) -> pa.Field:
    """A column of latents that holds [T, D]."""
    field = _field(name, _HALVES, unit, about, dim=dim)
    return field.with_metadata({**field.metadata, b"per": b"frame"})


def _table(name: str, fields: Iterable[pa.Field]) -> pa.Schema:
    return pa.schema(list(fields), metadata={"vasari.table": name, "vasari.version": VERSION})


_STRING, _INT, _LONG = pa.string(), pa.int32(), pa.int64()
_FLOAT, _DOUBLE = pa.float32(), pa.float64()
_HALVES = pa.list_(pa.float16())
_MOMENT = pa.timestamp("us")

_EMOTION = pa.struct(
    [_field(name, _FLOAT, _SHARE, "mean over the clip; null where the model lacks it") for name in EMOTIONS]
)

_CLIP_ID = _field("clip_id", _STRING, _HEX, "the clip: hash of content and times; joins all tables", required=True)
_FRAMES = _field("frames", _INT, "frames at 25 fps", "length T of every per-frame list of this row", required=True)

CLIPS = _table(
    "clips",
    [
        _CLIP_ID,
        _field("content", _STRING, _HEX, "hash of the file's bytes; null if it could not be read"),
        _field("source_uri", _STRING, "URI", "the file as listed", required=True),
        _field("source_key", _STRING, _HEX, "hash of URI, size and date, listed times", required=True),
        _field("span_index", _INT, "count from 0", "which piece of the source was worked on", required=True),
        _field("span_count", _INT, "count", "pieces the source was cut into for work", required=True),
        _field("start_s", _DOUBLE, "seconds", "start of the clip in the source"),
        _field("end_s", _DOUBLE, "seconds", "end of the clip in the source"),
        _field("subject_id", _STRING, "name", "the person: as listed, else a cluster of face vectors"),
        _field(
            "subject_listed",
            pa.bool_(),
            "true or false",
            "whether a manifest gives this clip its subject_id; false: its cluster does; null where there is none",
        ),
        _field("split", _STRING, "name", "the set this clip belongs to, as listed"),
        _field(
            "user",
            pa.map_(_STRING, _STRING),
            "as listed",
            "the manifest's other columns by name, as text; null where no manifest gave any",
        ),
        _field("status", _STRING, "code", "verdict: " + ", ".join(STATUSES), required=True),
        _field("reason", _STRING, "code", "why it is not accepted; null for accepted clips only"),
        _field("detail", _STRING, "text", "the reason's figures, or the error"),
        _field(
            "refusals",
            pa.map_(_STRING, _STRING),
            "reason: detail",
            "by stage, why each that refuses the clip does, the first one first; more than one only of clips whose "
            "labels were all wanted; null where no stage does",
        ),
        _field("fps_in", _DOUBLE, "frames per second", "rate of the source, on average"),
        _field("width", _INT, "pixels", "width of the source's frames as shown (after rotation)"),
        _field("height", _INT, "pixels", "height of the source's frames as shown (after rotation)"),
        _field("frames", _INT, "frames at 25 fps", "length of the clip after resampling"),
        _field("audio_hz_in", _INT, "hertz", "sampling rate of the source's sound; null without sound"),
        _field("speech_share", _FLOAT, _SHARE, "share of the time in which someone speaks"),
        _field("quality", _FLOAT, "points, 0 to 100", "picture quality of the face, mean of sampled frames"),
        _field("quality_min", _FLOAT, "points, 0 to 100", "picture quality of the worst sampled frame"),
        _field("faces_max", _INT, "count", "most faces seen in one sampled frame"),
        _field("face_px", _FLOAT, "pixels", "median height of the face (chin to forehead) in the source's frames"),
        _field("motion", _FLOAT, _SHARE, "share of the time in which something in the face moves; 0: a still picture"),
        _field("face_vector", pa.list_(_FLOAT), "dimensionless", "who it is: near for one person; 128 (dlib) or 512"),
        _field("gaze_theta", _FLOAT, "degrees", "main gaze direction, > 0 towards the image's left"),
        _field("gaze_phi", _FLOAT, "degrees", "main gaze direction, > 0 up; (0, 0) looks into the camera"),
        _field("gaze_share", _FLOAT, _SHARE, "share of frames that look in the main direction"),
        _field(
            "distance",
            _FLOAT,
            "dimensionless",
            "face to camera; 1: a frontal face as wide as a third of the height",
        ),
        _field(
            "emotion",
            _EMOTION,
            _SHARE,
            "coefficients averaged over the clip; to compare clips of one person with each other",
        ),
        _field("pitch", _FLOAT, "degrees", "mean head pitch, > 0 up"),
        _field("yaw", _FLOAT, "degrees", "mean head yaw, > 0 towards the image's left"),
        _field("roll", _FLOAT, "degrees", "mean head roll"),
        _field("pitch_std", _FLOAT, "degrees", "standard deviation of pitch over the clip"),
        _field("yaw_std", _FLOAT, "degrees", "standard deviation of yaw over the clip"),
        _field("roll_std", _FLOAT, "degrees", "standard deviation of roll over the clip"),
        _field("pose_delta", _FLOAT, "degrees per frame", "dP: mean absolute step of the three angles"),
        _field(
            "sound_offset",
            _INT,
            "frames at 25 fps",
            "by how many the sound is late, < 0 early: frame t of the picture goes with row t + sound_offset of the "
            "sound; null where it cannot be told",
        ),
        _field(
            "sync",
            _FLOAT,
            "dimensionless",
            "how sure that is: the cosine at that offset over the median of all (sync=tiny), or by how much less sound "
            "and lips are apart there (sync=syncnet)",
        ),
        _field("recipe", _STRING, "fingerprint", "the recipe that decided this row", required=True),
        _field("run_id", _STRING, "name", "the run that decided this row", required=True),
        _field(
            "seconds", pa.map_(_STRING, _FLOAT), "seconds", "wall time on this clip of the stages that ran, by name"
        ),
    ],
)

LATENTS = _table(
    "latents",
    [
        _CLIP_ID,
        _FRAMES,
        _per_frame(
            "pose",
            "degrees; x, y, z dimensionless",
            "[T, 6] pitch, yaw, roll, x, y, z of the head in the camera frame",
            dim=6,
        ),
        _per_frame("gaze", "degrees", "[T, 2] theta, phi", dim=2),
        _per_frame(
            "face_pose",
            "degrees; x, y in units of half the camera's square; size dimensionless",
            "[T, 6] pitch, yaw, roll, x, y, size of the head in the clip's camera, a square that stands still: what a "
            "face decoder takes; null without a face model",
            dim=6,
        ),
        _per_frame(
            "dynamics",
            "dimensionless",
            "[T, D] facial dynamics, all motion that is not the head's pose; null without a face model",
        ),
        _per_frame(
            "audio",
            "dimensionless",
            "[T, D] features of the sound: Whisper's (D = 384), log-mel of 80 bands x 4 hops (D = 320) or Wav2Vec2's "
            "(D = 768); null without sound",
        ),
        _field(
            "identity",
            _HALVES,
            "dimensionless",
            "[I] identity code, of the frame whose pitch and yaw are least; null without a face model",
        ),
    ],
)

REJECTED_LATENTS = _table("rejected_latents", LATENTS)

PREVIEWS = _table(
    "previews",
    [
        _CLIP_ID,
        _field("sheet", pa.binary(), "JPEG", "up to six frames side by side, box, landmarks and gaze drawn"),
        _field("face", pa.binary(), "JPEG", "the face, 96 x 96 pixels; null where none was found"),
    ],
)

FRAMES = _table(
    "frames",
    [
        _CLIP_ID,
        _FRAMES,
        _field("size", _INT, "pixels", "width and height of every crop", required=True),
        _field("crops", pa.list_(pa.binary()), "WebP", "[T] stable face crops"),
        _field(
            "landmarks",
            _HALVES,
            "crop units: the crop spans -1 to 1",
            "[T, 468 x 3] face mesh: x right, y down, z away from the camera; pixel u of S lies at (2 u + 1) / S - 1",
            dim=1404,
        ),
        _field(
            "eyes",
            _HALVES,
            "over the eye's width",
            "[T, 6] of the eye on the image's right, then left: opening; iris from the middle, > 0 to the right, down",
            dim=6,
        ),
        _field(
            "camera",
            _HALVES,
            "units of half the camera's square",
            "[T, 3] where the crop lies in the clip's camera, a square that stands still: x, y of its middle, half its "
            "side",
            dim=3,
        ),
        _field(
            "seen",
            pa.list_(pa.bool_()),
            "true or false",
            "[T] whether the face was seen in the frame; where not, its landmarks are interpolated in time",
        ),
    ],
)

REJECTED_FRAMES = _table("rejected_frames", FRAMES)

RUNS = _table(
    "runs",
    [
        _field("run_id", _STRING, "name", "the run; joins clips.run_id", required=True),
        _field("recipe", _STRING, "JSON", "all stages with all parameters", required=True),
        _field("fingerprint", _STRING, "fingerprint", "hash of the recipe, as in clips.recipe", required=True),
        _field("versions", _STRING, "JSON", "versions of Python and of the packages used"),
        _field("weights", _STRING, "JSON", "name, file, sha256 and licence of all weights"),
        _field("machine", _STRING, "JSON", "host, cores, memory, accelerators"),
        _field("started", _MOMENT, "UTC", "when the run began", required=True),
        _field("ended", _MOMENT, "UTC", "when it ended, however; null while it runs or if it was killed"),
        _field(
            "status",
            _STRING,
            "code",
            "running; finished: all that it listed is decided; unfinished: an error, or sources without a verdict; "
            "stopped: by a signal; killed: it ended without a word, as the next run found",
            required=True,
        ),
        _field("listed", _LONG, "count", "sources listed"),
        _field("clips", _LONG, "count", "rows decided in this run"),
        _field("accepted", _LONG, "count", "of those, accepted"),
        _field("rejected", _LONG, "count", "of those, rejected"),
        _field("failed", _LONG, "count", "of those, failed"),
        _field("seconds", pa.map_(_STRING, _DOUBLE), "seconds", "wall time by stage, summed over clips"),
        _field("wall_seconds", _DOUBLE, "seconds", "wall time of the run"),
        _field("video_seconds", _DOUBLE, "seconds", "video decided in this run"),
        _field("command", _STRING, "text", "the command line"),
        _field(
            "statistics",
            _STRING,
            "JSON",
            "mean, std and count of each dimension of face_pose and dynamics over all accepted frames, and the commit "
            "they were computed at (catalogs/statistics.py); null for runs that did not compute them",
        ),
    ],
)

METRICS = _table(
    "metrics",
    [
        _field("set", _STRING, "name", "the evaluation set", required=True),
        _field("metric", _STRING, "name", "the metric", required=True),
        _field("value", _DOUBLE, "the metric's", "its value"),
        _field("spread", _DOUBLE, "the metric's", "standard deviation over the set"),
        _field("count", _LONG, "count", "clips it was measured on"),
        _field("settings", _STRING, "JSON", "what the metric was computed with"),
        _field("run_id", _STRING, "name", "the evaluation run", required=True),
    ],
)

TABLES: dict[str, pa.Schema] = {
    schema.metadata[b"vasari.table"].decode(): schema
    for schema in (CLIPS, LATENTS, PREVIEWS, FRAMES, REJECTED_LATENTS, REJECTED_FRAMES, RUNS, METRICS)
}

REJECTED = {"latents": "rejected_latents", "frames": "rejected_frames"}
"""The table beside another that holds the same of clips which are not accepted, where that is kept."""
