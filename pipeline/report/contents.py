"""What the report says in numbers, read from one commit of a catalog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from catalogs.schema import EMOTIONS, TABLES
from catalogs.summary import summary

LABELS = (
    *("quality", "quality_min", "motion", "speech_share", "distance", "face_px", "gaze_share", "pose_delta"),
    *("pitch", "yaw", "roll", "sound_offset", "sync"),
)
"""The numeric columns of clips that get a histogram, besides those that stages of this catalog alone add."""

MOST_TRACKS = 5_000
"""Clips whose frames are read for the map of gaze directions."""

_WORK = """
WITH ours AS (SELECT DISTINCT run_id, recipe FROM clips),
work AS (
    SELECT wall_seconds, video_seconds, coalesce(wall_seconds > 0 AND video_seconds IS NOT NULL, false) AS timed
    FROM runs WHERE statistics IS NULL AND fingerprint IN (SELECT recipe FROM ours)
        AND (clips > 0 OR run_id IN (SELECT run_id FROM ours)))
SELECT sum(wall_seconds) FILTER (timed) AS wall_seconds, sum(video_seconds) FILTER (timed) AS decided_seconds,
       count(*) FILTER (timed) AS timed, count(*) AS runs
FROM work
"""
"""The runs of the catalog's recipe that decided clips, whatever their status."""


@dataclass(frozen=True)
class Label:
    """One column of clips where it is not null: values of accepted clips [N], and of the others [M]."""

    accepted: np.ndarray
    others: np.ndarray


@dataclass(frozen=True)
class EmotionRow:
    """One class over the accepted clips: mean coefficient (None if no clip has one), clips in which it leads."""

    name: str
    mean: float | None
    leads: int


@dataclass(frozen=True)
class StageTime:
    """Seconds a stage took over all clips, and over how many of them it ran."""

    name: str
    seconds: float
    clips: int


@dataclass(frozen=True)
class Totals:
    """The headline: the clips of the catalog, and of the runs that decided them those that say how long they took.

    video_seconds, accepted_seconds: of the clips. wall_seconds, decided_seconds: time and video of the `timed` runs of
    `runs`; speed: video seconds of these per second. None without one. older: clips that an older recipe decided.
    """

    sources: int
    clips: int
    accepted: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    video_seconds: float
    accepted_seconds: float
    wall_seconds: float | None
    decided_seconds: float | None
    timed: int
    runs: int
    older: int = 0

    @property
    def speed(self) -> float | None:
        """Video seconds per second of the timed runs."""
        return self.decided_seconds / self.wall_seconds if self.wall_seconds and self.decided_seconds else None

    @property
    def verdicts(self) -> tuple[tuple[str, int], ...]:
        """(status, clips) of the three."""
        return (
            ("accepted", self.accepted),
            ("rejected", sum(self.rejected.values())),
            ("failed", sum(self.failed.values())),
        )


def totals(connection: duckdb.DuckDBPyConnection) -> Totals:
    """Counts of the whole catalog, and video and time of its runs."""
    return Totals(**summary(connection), **rows(connection, _WORK)[0])


def labels(connection: duckdb.DuckDBPyConnection) -> dict[str, Label]:
    """The columns `LABELS` of clips, and the numbers that stages add which not every catalog has."""
    names = [*LABELS, *_added_numbers(connection)]
    columns = ", ".join(f'"{name}"' for name in names)
    table = connection.sql(f"SELECT status = 'accepted' AS ours, {columns} FROM clips").to_arrow_table()
    ours = np.asarray(table["ours"].to_numpy(), bool)
    out = {}
    for name in names:
        values = np.asarray(table[name].to_numpy(), np.float64)
        known = np.isfinite(values)
        out[name] = Label(values[known & ours], values[known & ~ours])
    return out


def _added_numbers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The numeric columns of clips that not every catalog has."""
    found = rows(connection, "DESCRIBE clips")
    numbers = [row["column_name"] for row in found if row["column_type"] in ("FLOAT", "DOUBLE", "INTEGER", "BIGINT")]
    return [name for name in numbers if name not in TABLES["clips"].names]


def emotions(connection: duckdb.DuckDBPyConnection) -> list[EmotionRow]:
    """Every class of the schema, over the accepted clips."""
    columns = ", ".join(f"emotion.{name}::DOUBLE AS {name}" for name in EMOTIONS)
    table = connection.sql(f"SELECT {columns} FROM clips WHERE status = 'accepted'").to_arrow_table()
    values = np.stack([np.asarray(table[name].to_numpy(), np.float64) for name in EMOTIONS])
    known = np.isfinite(values)
    any_known = known.any(0)
    strongest = np.argmax(np.where(known, values, -np.inf)[:, any_known], axis=0)
    leads = np.bincount(strongest, minlength=len(EMOTIONS))
    return [
        EmotionRow(name, float(row[seen].mean()) if seen.any() else None, int(led))
        for name, row, seen, led in zip(EMOTIONS, values, known, leads, strict=True)
    ]


def gaze_frames(connection: duckdb.DuckDBPyConnection) -> np.ndarray:
    """(theta, phi) [N, 2] of all frames of up to `MOST_TRACKS` clips, in hash order, so a fair sample."""
    sql = f"SELECT gaze FROM latents WHERE gaze IS NOT NULL ORDER BY clip_id LIMIT {MOST_TRACKS}"
    lists = connection.sql(sql).to_arrow_table()["gaze"]
    chunks = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in lists.chunks]
    values = np.concatenate(chunks).astype(np.float64) if chunks else np.empty(0)
    pairs = values.reshape(-1, 2)
    return pairs[np.isfinite(pairs).all(1)]


def gaze_clips(connection: duckdb.DuckDBPyConnection, most: int = 120) -> np.ndarray:
    """Main directions (theta, phi) [N, 2] of up to `most` accepted clips that have one."""
    table = connection.sql(
        f"""SELECT gaze_theta, gaze_phi FROM clips
        WHERE status = 'accepted' AND gaze_theta IS NOT NULL AND gaze_phi IS NOT NULL
        ORDER BY clip_id LIMIT {most}"""
    ).to_arrow_table()
    return np.column_stack([np.asarray(table[name].to_numpy(), np.float64) for name in table.column_names])


def stage_times(connection: duckdb.DuckDBPyConnection) -> list[StageTime]:
    """Every stage that ran, in the order of the recipe: clips that came farther went through more of them."""
    found = rows(
        connection,
        """SELECT entry.key AS name, sum(entry.value) AS seconds, count(*) AS clips
        FROM (SELECT unnest(map_entries(seconds)) AS entry, generate_subscripts(map_entries(seconds), 1) AS place
              FROM clips)
        GROUP BY name ORDER BY max(place), name""",
    )
    return [StageTime(**row) for row in found]


def slowest(connection: duckdb.DuckDBPyConnection, most: int = 10) -> list[dict[str, Any]]:
    """The clips that took longest: where they are from, verdict, `took` in all, the longest `stage`, `stage_took`."""
    return rows(
        connection,
        f"""WITH timed AS (
            SELECT clip_id, source_uri, start_s, end_s, status, reason, list_sum(map_values(seconds)) AS took,
                   map_values(seconds) AS each, map_keys(seconds) AS names
            FROM clips WHERE took > 0 ORDER BY took DESC, clip_id LIMIT {most})
        SELECT * EXCLUDE (each, names), list_max(each) AS stage_took,
               names[list_position(each, list_max(each))] AS stage
        FROM timed ORDER BY took DESC, clip_id""",
    )


def runs(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of runs, newest first; versions, weights, machine and recipe parsed where they are JSON."""
    found = rows(connection, "SELECT * FROM runs ORDER BY started DESC, run_id")
    texts = ("recipe", "versions", "weights", "machine")
    return [{**row, **{name: parsed(row[name]) for name in texts}} for row in found]


def recipe(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The fingerprint of the recipe that decided the clips; None without clips."""
    return rows(connection, "SELECT any_value(recipe) AS recipe FROM clips")[0]["recipe"]


def parsed(text: str | None) -> Any:
    """The value of JSON text, or the text itself if it is none."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def rows(connection: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> list[dict[str, Any]]:
    """The rows a statement gives, as dictionaries; `values` are its named parameters."""
    return connection.sql(sql, params=values or None).to_arrow_table().to_pylist()
