"""Two catalogs joined by clip: the same bytes from the same start to the same end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogs.schema import EMOTIONS
from pipeline.compare.labels import LABELS

Why = Literal["absent", "cut", "copy"]

WHY: dict[str, str] = {
    "absent": "with bytes that the other catalog does not have",
    "cut": "cut at other times in the other catalog",
    "copy": "one more copy of bytes that both have",
}
"""Why a clip has no counterpart, in words."""

_COLUMNS = (
    "clip_id",
    "content",
    "source_key",
    "source_uri",
    "start_s",
    "end_s",
    "status",
    "reason",
    "detail",
    "subject_id",
    "frames",
)

# A file that could not be read has no hash: it is the same where URI, size and date are. Copies of one file are told
# apart by `turn`, and the one that was judged is joined with the one that was judged.
_KEYS = """
SELECT row, coalesce(content, source_key) AS bytes, coalesce(round(1000 * start_s), -1) AS start_ms,
       coalesce(round(1000 * end_s), -1) AS end_ms, reason IS NOT DISTINCT FROM 'duplicate' AS copy,
       row_number() OVER (PARTITION BY bytes, start_ms, end_ms, copy ORDER BY clip_id) AS turn
FROM {}
"""

_JOIN = f"""
SELECT a.row AS row_a, b.row AS row_b
FROM ({_KEYS.format("clips_a")}) a FULL JOIN ({_KEYS.format("clips_b")}) b
    USING (bytes, start_ms, end_ms, copy, turn)
ORDER BY row_a, row_b
"""


@dataclass(frozen=True)
class Unpaired:
    """A clip that has no counterpart in the other catalog, its verdict (`rejected no_face`), and why.

    why: `absent`, the other has nothing of these bytes; `cut`, it has other times of them; `copy`, a duplicate that it
    does not have.
    """

    source_uri: str
    start_s: float | None
    end_s: float | None
    verdict: str
    why: Why


@dataclass(frozen=True)
class Pairs:
    """Rows of clips of A and B, [N] each: row i of one is row i of the other. And what either has alone."""

    a: pa.Table
    b: pa.Table
    only_a: tuple[Unpaired, ...]
    only_b: tuple[Unpaired, ...]

    def accepted(self) -> tuple[pa.Table, pa.Table]:
        """The rows of A and of B of those clips that both accepted."""
        both = pc.and_(pc.equal(self.a["status"], "accepted"), pc.equal(self.b["status"], "accepted"))
        return self.a.filter(both), self.b.filter(both)


def read_clips(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The clips of a catalog in the order of their files: who they are, verdict, labels as `emotion.NAME` or column."""
    emotions = ", ".join(f'emotion.{name}::DOUBLE AS "emotion.{name}"' for name in EMOTIONS)
    numbers = ", ".join(f"{label.column}::DOUBLE AS {label.column}" for label in LABELS)
    return connection.sql(
        f"SELECT {', '.join(_COLUMNS)}, {numbers}, {emotions} FROM clips ORDER BY source_uri, start_s, clip_id"
    ).to_arrow_table()


def pair(clips_a: pa.Table, clips_b: pa.Table) -> Pairs:
    """Join two tables of `read_clips`; every row of either is in one pair, or in one of the two lists."""
    with duckdb.connect() as connection:
        for name, table in (("clips_a", clips_a), ("clips_b", clips_b)):
            connection.register(name, table.append_column("row", pa.array(np.arange(len(table)))))
        joined = connection.sql(_JOIN).to_arrow_table()
    row_a, row_b = (np.asarray(joined[name].to_numpy(), np.float64) for name in ("row_a", "row_b"))
    both = np.isfinite(row_a) & np.isfinite(row_b)
    return Pairs(
        clips_a.take(row_a[both].astype(int)),
        clips_b.take(row_b[both].astype(int)),
        _unpaired(clips_a.take(row_a[np.isnan(row_b)].astype(int)), clips_b),
        _unpaired(clips_b.take(row_b[np.isnan(row_a)].astype(int)), clips_a),
    )


def verdicts(clips: pa.Table) -> list[str]:
    """`accepted`, `rejected no_face`, ...: status and reason of each row."""
    both = zip(clips["status"].to_pylist(), clips["reason"].to_pylist(), strict=True)
    return [status if reason is None else f"{status} {reason}" for status, reason in both]


def counts(clips: Sequence[Unpaired]) -> dict[str, int]:
    """How many of the clips that one catalog has alone are there for which reason."""
    return {why: sum(clip.why == why for clip in clips) for why in WHY}


def column(clips: pa.Table, name: str) -> np.ndarray:
    """The values of a numeric column, float64 [N], NaN for null."""
    return np.asarray(clips[name].to_numpy(), np.float64)


def _unpaired(rows: pa.Table, others: pa.Table) -> tuple[Unpaired, ...]:
    there = set(_bytes(others))

    def why(content: str, reason: str | None) -> Why:
        if content not in there:
            return "absent"
        return "copy" if reason == "duplicate" else "cut"

    reasons = [why(*about) for about in zip(_bytes(rows), rows["reason"].to_pylist(), strict=True)]
    names = (rows[name].to_pylist() for name in ("source_uri", "start_s", "end_s"))
    return tuple(Unpaired(*about) for about in zip(*names, verdicts(rows), reasons, strict=True))


def _bytes(clips: pa.Table) -> list[str]:
    both = zip(clips["content"].to_pylist(), clips["source_key"].to_pylist(), strict=True)
    return [key if content is None else content for content, key in both]
