"""The page: everything read from one commit of the catalog, laid out by `report.html.j2`."""

from __future__ import annotations

import datetime
import json
import os
import secrets
import shlex
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import catalogs
from catalogs.place import locate
from pipeline.report import reading, samples, wording
from pipeline.report.figures import gaze_figure, label_figures

_HERE = Path(__file__).parent
_ATTEMPTS = 5
_RUNS = 20

_GONE = (duckdb.IOException, duckdb.PermissionException)
"""What DuckDB raises for a file that a newer commit has replaced: the second where SQL may read listed files only."""

_QUERY = """\
-- happy clips that look at the camera from about the mean distance, in good pictures
WITH accepted AS (
  SELECT * FROM read_parquet('{glob}')
  WHERE status = 'accepted'
)
SELECT source_uri, start_s, end_s, subject_id,
       round(quality) AS quality, round(distance, 2) AS distance
FROM accepted
WHERE abs(gaze_theta) < 10 AND abs(gaze_phi) < 10
  AND abs(distance / (SELECT avg(distance) FROM accepted) - 1) < 0.25
  AND emotion.happiness > 0.5
  AND quality > 60
ORDER BY quality DESC;"""


def write_report(catalog_uri: str | os.PathLike[str], out: Path) -> Path:
    """Write the report of a catalog to `out`, whole or not at all; returns the absolute path.

    Reads the newest commit only. Errors: those of `catalogs.open`; OSError if `out` cannot be written.
    """
    root = locate(catalog_uri)
    page = render(_read(root), root)
    out = Path(out).expanduser().absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8")
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    return out


def render(facts: dict[str, Any], root: Path) -> str:
    """The HTML of what `_read` found in the catalog at `root`. Everything that is not markup is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": wording.count,
        "degrees": wording.degrees,
        "duration": wording.duration,
        "file_name": wording.file_name,
        "number": wording.number,
        "pretty": _pretty,
        "timestamp": wording.timestamp,
    }
    environment.globals |= {
        "meaning": wording.MEANING,
        "plural": wording.plural,
        "share": wording.share,
        "span": wording.span,
        "style": Markup((_HERE / "report.css").read_text(encoding="utf-8")),
    }
    return environment.get_template("report.html.j2").render(
        **facts,
        catalog=str(root),
        written=datetime.datetime.now(datetime.UTC),
        query=_QUERY.format(glob=f"{root}/clips/**/*.parquet".replace("'", "''")),
        command=f'python jobs/query.py --catalog {shlex.quote(str(root))} "select status, reason, count(*) '
        'from clips group by all order by all"',
    )


def _read(root: Path) -> dict[str, Any]:
    """All that the page shows, from one commit; read again if a run replaces that commit's files meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        with catalogs.open(root) as connection:
            try:
                return _facts(connection)
            except _GONE:
                continue
    with catalogs.open(root) as connection:
        return _facts(connection)


def _facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    totals = reading.totals(connection)
    runs = reading.runs(connection)
    stages = reading.stage_times(connection)
    return {
        "totals": totals,
        "groups": samples.groups(connection, totals),
        "people": samples.people(connection),
        "figures": label_figures(reading.labels(connection)),
        "gaze": gaze_figure(reading.gaze_frames(connection), reading.gaze_clips(connection)),
        "emotions": reading.emotions(connection),
        "stages": stages,
        "stage_seconds": sum(stage.seconds for stage in stages),
        "slowest": reading.slowest(connection),
        "runs": runs[:_RUNS],
        "more_runs": len(runs[_RUNS:]),
        "recipes": {run["fingerprint"]: run["recipe"] for run in reversed(runs)},
    }


def _pretty(value: Any) -> str:
    """JSON as a person reads it; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
