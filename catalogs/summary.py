"""What a catalog holds, in a few numbers."""

from __future__ import annotations

import os
from typing import Any

import duckdb

from catalogs.definitions import OLDER
from catalogs.view import answers

_TOTALS = """
SELECT count(*) AS clips,
       count(*) FILTER (status = 'accepted') AS accepted,
       count(DISTINCT source_key) AS sources,
       coalesce(sum(end_s - start_s), 0) AS video_seconds,
       coalesce(sum(end_s - start_s) FILTER (status = 'accepted'), 0) AS accepted_seconds
FROM clips
"""

_REASONS = """
SELECT status, reason, count(*) AS clips FROM clips WHERE status <> 'accepted'
GROUP BY status, reason ORDER BY clips DESC, reason
"""

_OLDER = f"SELECT count(*) AS clips FROM {OLDER}"


def summary(catalog: str | os.PathLike[str] | duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Counts of a catalog (a URI, or a connection from `catalogs.open`).

    Keys: clips, accepted, rejected and failed (each a dictionary from reason to clips, most frequent first),
    sources, video_seconds (all clips whose times are known), accepted_seconds. The counts add up:
    accepted + rejected + failed = clips. Beside them, where there are any, older:
    how many clips an earlier recipe decided.
    """
    asked = (_TOTALS, _REASONS, _OLDER)
    if isinstance(catalog, duckdb.DuckDBPyConnection):
        tables = [catalog.sql(sql).to_arrow_table() for sql in asked]
    else:
        tables = answers(catalog, asked)
    totals, reasons, older = (table.to_pylist() for table in tables)
    counts = totals[0]
    return {
        "clips": counts["clips"],
        "accepted": counts["accepted"],
        "rejected": {row["reason"]: row["clips"] for row in reasons if row["status"] == "rejected"},
        "failed": {row["reason"]: row["clips"] for row in reasons if row["status"] == "failed"},
        "sources": counts["sources"],
        "video_seconds": counts["video_seconds"],
        "accepted_seconds": counts["accepted_seconds"],
        **({"older": older[0]["clips"]} if older[0]["clips"] else {}),
    }
