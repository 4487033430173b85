"""Which clips of a catalog motion is learned from, and who they show."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import duckdb

from catalogs import view
from pipeline.errors import UsageError
from pipeline.motion.settings import MotionTraining


@dataclass(frozen=True)
class MotionClip:
    """A row of table clips, as far as it tells whether it is trained on. content: hash of the source file."""

    clip_id: str
    source_uri: str
    subject_id: str | None
    content: str

    @property
    def subject(self) -> str:
        """Who it shows; a clip whose subject is not known is taken for a person of its own."""
        return self.subject_id or self.clip_id


def asked_of_clips(where: str, training: MotionTraining) -> str:
    """SQL over table clips: the job's `where`, and what the settings ask of speech and of sound in step."""
    speech = f"speech_share >= {training.speech:g}" + (" OR speech_share IS NULL" if training.silent else "")
    in_step = f"sync IS NULL OR sync >= {training.least_sync:g}"
    return " AND ".join(f"({part}\n)" for part in (where or "true", speech, in_step))


def motion_clips(catalog: str | os.PathLike[str], asked: str) -> list[MotionClip]:
    """The accepted clips for which `asked` holds, in the order of clip_id. UsageError: there are none, or it cannot be
    asked. Errors: `catalogs.open`."""
    sql = "SELECT clip_id, source_uri, subject_id, content FROM clips WHERE status = 'accepted' AND "
    try:
        rows: list[dict[str, Any]] = view.query(catalog, f"{sql} {asked} ORDER BY clip_id").to_pylist()
    except duckdb.Error as error:
        raise UsageError(f"--where does not fit table clips of {catalog}: {error}") from error
    if not rows:
        raise UsageError(
            f"no accepted clip of {catalog} is talked in enough, in step with its sound, and as --where wants it: "
            f"extract talking people, or ask less. Asked was {' '.join(asked.split())}"
        )
    return [MotionClip(**row) for row in rows]
