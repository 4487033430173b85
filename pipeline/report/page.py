"""The page: everything read from one commit of the catalog, laid out by `report.html.j2`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import duckdb

from catalogs.definitions import quoted
from catalogs.place import locate
from catalogs.view import read_from
from pipeline.report import contents, samples
from pipeline.report.figures import gaze_figure, label_figures
from pipeline.report.writing import fill, write_page

_HERE = Path(__file__).parent
_RUNS = 20

_QUERY = """\
-- happy clips that look at the camera from about the mean distance, in good pictures
WITH accepted AS (
  SELECT * FROM read_parquet('{glob}')
  WHERE status = 'accepted'{recipe}
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
    root = locate(catalog_uri).root
    return write_page(render(read_from(_facts, root), root), out)


def render(facts: dict[str, Any], root: Path) -> str:
    """The HTML of what `_facts` found in the catalog at `root`. Everything that is not markup is escaped."""
    return fill(
        _HERE / "report.html.j2",
        **facts,
        catalog=str(root),
        query=_QUERY.format(glob=f"{root}/clips/**/*.parquet".replace("'", "''"), recipe=_recipe(facts)),
        command=f'python jobs/query.py --catalog {shlex.quote(str(root))} "select status, reason, count(*) '
        'from clips group by all order by all"',
    )


def _recipe(facts: dict[str, Any]) -> str:
    """Files of an older recipe lie beside the others: the condition that leaves them out."""
    return f" AND recipe = {quoted(facts['recipe'])}" if facts["totals"].older else ""


def _facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    totals = contents.totals(connection)
    runs = contents.runs(connection)
    stages = contents.stage_times(connection)
    return {
        "totals": totals,
        "groups": samples.groups(connection, totals),
        "people": samples.people(connection),
        "figures": label_figures(contents.labels(connection)),
        "gaze": gaze_figure(contents.gaze_frames(connection), contents.gaze_clips(connection)),
        "emotions": contents.emotions(connection),
        "stages": stages,
        "stage_seconds": sum(stage.seconds for stage in stages),
        "slowest": contents.slowest(connection),
        "recipe": contents.recipe(connection),
        "runs": runs[:_RUNS],
        "newest": next((run for run in runs if run["statistics"] is None), None),
        "more_runs": len(runs[_RUNS:]),
        "recipes": {run["fingerprint"]: run["recipe"] for run in reversed(runs)},
    }
