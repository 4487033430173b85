"""The clips and people the report shows as pictures: a few of each verdict, within a budget of bytes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.report.contents import Totals, rows
from pipeline.text import MEANING, degrees, number, share

SHEETS, SHEET_BYTES = 6, 2_600_000
"""Contact sheets a verdict at most, and bytes of all of them (base64 makes them a third larger)."""

PEOPLE, FACES, LONERS, FACE_BYTES = 40, 8, 24, 900_000
"""People shown, faces of each, people with one clip shown together, and bytes of all faces."""


@dataclass(frozen=True)
class Sample:
    """One clip of a verdict: where it is from, its labels as (name, value), its sheet as a data: URI or None."""

    source_uri: str
    start_s: float | None
    end_s: float | None
    detail: str | None
    labels: tuple[tuple[str, str], ...]
    sheet: str | None


@dataclass(frozen=True)
class Group:
    """The clips of one verdict: `reason` is None for accepted; `count` of them, a few as samples."""

    status: str
    reason: str | None
    count: int
    samples: tuple[Sample, ...]

    @property
    def meaning(self) -> str:
        """What the verdict means, in a few words."""
        return MEANING.get(self.reason or self.status, "")


@dataclass(frozen=True)
class Person:
    """One subject_id: its accepted clips, their seconds, and faces as (file, data: URI)."""

    subject: str
    clips: int
    seconds: float
    faces: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class People:
    """All subjects: those with several clips (`more` beyond those shown), and faces of those with one."""

    subjects: int
    several: tuple[Person, ...]
    more: int
    loners: tuple[Person, ...]
    loners_count: int


def groups(connection: duckdb.DuckDBPyConnection, totals: Totals) -> list[Group]:
    """Accepted first, then every reason of rejection and of failure, most frequent first."""
    picked = _picked(connection)
    sheets = _pictures(connection, "sheet", [row["clip_id"] for row in sorted(picked, key=_turn)], SHEET_BYTES)
    wanted: list[tuple[str, str | None, int]] = [("accepted", None, totals.accepted)] if totals.accepted else []
    wanted += [("rejected", reason, held) for reason, held in totals.rejected.items()]
    wanted += [("failed", reason, held) for reason, held in totals.failed.items()]
    return [
        Group(
            status,
            reason,
            held,
            tuple(_sample(row, sheets) for row in picked if (row["status"], row["reason"]) == (status, reason)),
        )
        for status, reason, held in wanted
    ]


def people(connection: duckdb.DuckDBPyConnection) -> People:
    """Who is in the accepted clips, by subject_id."""
    subjects = rows(
        connection,
        """SELECT subject_id AS subject, count(*) AS clips, coalesce(sum(end_s - start_s), 0) AS seconds
        FROM clips WHERE status = 'accepted' AND subject_id IS NOT NULL
        GROUP BY subject_id ORDER BY clips DESC, subject""",
    )
    several = [row for row in subjects if row["clips"] > 1]
    loners = [row for row in subjects if row["clips"] == 1]
    faces = _faces(connection, [row["subject"] for row in (*several[:PEOPLE], *loners[:LONERS])])
    return People(
        subjects=len(subjects),
        several=tuple(Person(**row, faces=faces.get(row["subject"], ())) for row in several[:PEOPLE]),
        more=len(several[PEOPLE:]),
        loners=tuple(Person(**row, faces=faces.get(row["subject"], ())) for row in loners[:LONERS]),
        loners_count=len(loners),
    )


def labels(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The labels of a row of clips that are known, as (name, value)."""
    out = [
        ("person", row["subject_id"]),
        ("quality", _known(row["quality"], number)),
        ("distance", _known(row["distance"], number)),
        ("pitch", _known(row["pitch"], degrees)),
        ("yaw", _known(row["yaw"], degrees)),
        ("roll", _known(row["roll"], degrees)),
        ("gaze", _gaze(row)),
        ("speech", _known(row["speech_share"], share)),
        ("emotion", _strongest(row["emotion"])),
    ]
    return tuple((name, value) for name, value in out if value)


def _known(value: float | None, words: Callable[[float], str]) -> str | None:
    return None if value is None else words(value)


def _gaze(row: dict[str, Any]) -> str | None:
    if row["gaze_theta"] is None or row["gaze_phi"] is None:
        return None if row["gaze_share"] is None else "no main direction"
    held = "" if row["gaze_share"] is None else f" in {share(row['gaze_share'])}"
    return f"{degrees(row['gaze_theta'])}, {degrees(row['gaze_phi'])}{held}"


def _strongest(emotion: dict[str, float | None] | None) -> str | None:
    known = {name: value for name, value in (emotion or {}).items() if value is not None}
    if not known:
        return None
    name = max(known, key=lambda each: known[each])
    return f"{name} {known[name]:.2f}"


def _picked(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Up to SHEETS clips of each verdict: those with a preview first, different people first, else by hash."""
    return rows(
        connection,
        f"""WITH seen AS (
            SELECT clips.* EXCLUDE (face_vector, seconds), clip_id IN (SELECT clip_id FROM previews) AS seen,
                   row_number() OVER (PARTITION BY status, reason, subject_id ORDER BY clip_id) AS turn
            FROM clips)
        SELECT *, row_number() OVER (PARTITION BY status, reason ORDER BY seen DESC, turn, clip_id) AS place
        FROM seen QUALIFY place <= {SHEETS} ORDER BY status, reason, place""",
    )


def _turn(row: dict[str, Any]) -> tuple[int, str, str]:
    """Pictures are handed out in turns, one a verdict, so that a long list of one leaves room for the others."""
    return row["place"], row["status"], row["reason"] or ""


def _sample(row: dict[str, Any], sheets: dict[str, str]) -> Sample:
    return Sample(
        row["source_uri"], row["start_s"], row["end_s"], row["detail"], labels(row), sheets.get(row["clip_id"])
    )


def _faces(connection: duckdb.DuckDBPyConnection, subjects: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Faces of each subject as (file, data: URI)."""
    if not subjects:
        return {}
    held = rows(
        connection,
        f"""SELECT clip_id, source_uri, subject_id,
               row_number() OVER (PARTITION BY subject_id ORDER BY clip_id) AS place
        FROM clips WHERE status = 'accepted' AND subject_id IN (SELECT unnest($subjects))
            AND clip_id IN (SELECT clip_id FROM previews)
        QUALIFY place <= {FACES} ORDER BY place, subject_id""",
        subjects=list(subjects),
    )
    pictures = _pictures(connection, "face", [row["clip_id"] for row in held], FACE_BYTES)
    out: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in held:
        if row["clip_id"] in pictures:
            face = (row["source_uri"], pictures[row["clip_id"]])
            out[row["subject_id"]] = (*out.get(row["subject_id"], ()), face)
    return out


def _pictures(
    connection: duckdb.DuckDBPyConnection, column: str, clip_ids: Sequence[str], budget: int
) -> dict[str, str]:
    """The JPEGs of `column` of previews as data: URIs, in the order of `clip_ids` as far as `budget` bytes reach."""
    if not clip_ids:
        return {}
    found = rows(
        connection,
        f"""SELECT clip_id, {column} AS jpeg FROM previews
        WHERE clip_id IN (SELECT unnest($ids)) AND {column} IS NOT NULL""",
        ids=list(clip_ids),
    )
    held = {row["clip_id"]: row["jpeg"] for row in found}
    out = {}
    for clip_id in clip_ids:
        jpeg = held.get(clip_id)
        if jpeg is None or not jpeg.startswith(b"\xff\xd8\xff") or len(jpeg) > budget:
            continue
        budget -= len(jpeg)
        out[clip_id] = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    return out
