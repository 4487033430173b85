"""The table of weights in docs/weights.md, from the registry and the measured speeds."""

from __future__ import annotations

from collections.abc import Mapping

from models.weights.registry import REGISTRY
from pipeline.extraction.throughput import Table, read_table
from pipeline.weights.download_lines import megabytes

HEAD = ("Model", "Stage", "Licence", "Commercial use", "From", "Size", "Speed", "What it changes")

CHANGES: Mapping[str, str] = {
    "blazeface_full": "`faces_max`, which face is followed; verdicts `no_face`, `several_faces`, `face_lost`",
    "blazeface_short": "the same, for faces that fill the frame",
    "face_mesh": "`face_px`, the crop, array `pose`, `distance`, and where all others look",
    "iris": "array `gaze`, `gaze_theta`, `gaze_phi`, `gaze_share`",
    "canonical_face": "array `pose`; `pitch`, `yaw`, `roll`",
    "fer_mini_xception": "`emotion`, without contempt",
    "silero_vad": "`speech_share`; verdict `no_speech`",
    "dlib_face_recognition": "`face_vector` [128], `subject_id`; verdict `face_lost`",
    "face_tiny": "arrays `face_pose`, `dynamics`, `identity`",
    "whisper_tiny_en": "array `audio` [T, 384]",
    "sync_tiny": "`sound_offset`, `sync`; verdicts `out_of_sync`, `no_sync`",
    "motion_tiny": "nothing in the catalog: what `jobs/generate.py` moves portraits with",
    "scrfd": "in place of blazeface: `faces_max`, which face is followed",
    "arcface": "in place of dlib: `face_vector` [512], `subject_id`",
    "hyperiqa": "`quality`, `quality_min` on the scale of KonIQ-10k; verdict `low_quality`",
    "l2cs": "in place of iris: array `gaze`, `gaze_theta`, `gaze_phi`, `gaze_share`",
    "deep3d": "`distance`, from its camera in place of the mesh",
    "hsemotion": "in place of fer: `emotion`, with contempt",
    "wav2vec2": "array `audio` [T, 768] in place of Whisper's [T, 384]",
    "syncnet": "in place of sync_tiny: `sound_offset`, `sync` (its confidence)",
    "face_landmarker": "nothing in the catalog: mouth, blink and smile when faces are evaluated",
}
"""The columns, arrays and verdicts of the catalog that come from each model."""

_ITEMS: Mapping[str, str] = {
    "hyperiqa": "pictures",
    "silero_vad": "chunks",
    "wav2vec2": "frames",
    "whisper_tiny_en": "frames",
    "sync_tiny": "frames",
    "syncnet": "windows",
    **dict.fromkeys(("blazeface_full", "blazeface_short", "scrfd"), "frames"),
}


def rows(table: Table | None = None) -> list[tuple[str, ...]]:
    """The cells of HEAD for every entry, as Markdown; table: by default pipeline/extraction/throughput.json."""
    measured = (read_table() if table is None else table)["cpu"]
    speeds = measured["items"] if measured else {}
    return [
        (
            f"`{entry.name}`: {entry.purpose}",
            entry.stage,
            entry.licence,
            "yes" if entry.commercial else "no",
            entry.origin.cited,
            megabytes(entry.size),
            _speed(entry.name, speeds),
            CHANGES[entry.name],
        )
        for entry in REGISTRY.values()
    ]


def page_table() -> str:
    """All rows as a Markdown table."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (HEAD, ["---"] * len(HEAD), *rows()))


def _speed(name: str, speeds: Mapping[str, float]) -> str:
    """Items a second on one CPU core, two digits that matter."""
    if name not in speeds:
        return "-"
    digits = float(f"{speeds[name]:.2g}")
    return f"{digits:g} {_ITEMS.get(name, 'faces')}/s"
