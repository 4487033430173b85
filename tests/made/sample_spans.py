"""Small spans with made-up values, for staging in tests."""

from __future__ import annotations

import datetime
import hashlib
import os
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

import catalogs
from catalogs.place import locate
from catalogs.schema import conform
from catalogs.staging import stage_span

RECIPE = {
    "stages": [
        {"name": "probe", "parameters": {"minimum": 3}},
        {"name": "quality", "parameters": {"minimum": 20}},
    ]
}
FINGERPRINT = "recipe-one"
NO_LENGTH = 4


def hexes(*parts: object) -> str:
    """32 hex digits made from any values."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def source_key(source: int) -> str:
    """The key of the sample source number `source`."""
    return hexes("source", source)


def clip_row(source: int, span: int = 0, cut: int = 0, status: str = "accepted", **more: Any) -> dict[str, Any]:
    """A row of clips: piece `cut` of a span."""
    start = 60.0 * span + cut
    return {
        "clip_id": hexes("clip", source, span, cut),
        "content": hexes("content", source),
        "source_uri": f"/videos/{source}.mp4",
        "source_key": source_key(source),
        "span_index": span,
        "span_count": span + 1,
        "start_s": start,
        "end_s": start + 1.0,
        "status": status,
        "reason": None if status == "accepted" else "no_face" if status == "rejected" else "timeout",
        "quality": 50.0 + source % 40,
        "emotion": {"happiness": 0.5, "anger": 0.25},
        "face_vector": np.full(128, source % 7, np.float32),
        "recipe": FINGERPRINT,
        "run_id": "run-1",
        **more,
    }


def latent_row(clip_id: str, frames: int = NO_LENGTH, seed: int = 0) -> dict[str, Any]:
    """A row of latents with random values."""
    random = np.random.default_rng(seed)
    return {
        "clip_id": clip_id,
        "frames": frames,
        "pose": random.normal(size=(frames, 6)),
        "gaze": random.normal(size=(frames, 2)),
        "audio": random.normal(size=(frames, 320)) if frames > NO_LENGTH else None,
    }


def span_tables(rows: list[dict[str, Any]], frames: int = NO_LENGTH, crops: bool = False) -> dict[str, pa.Table]:
    """The tables of a span from its clips rows."""
    accepted = [row["clip_id"] for row in rows if row["status"] == "accepted"]
    seen = [row["clip_id"] for row in rows if row["status"] != "failed"]
    tables = {
        "clips": conform("clips", rows),
        "latents": conform("latents", [latent_row(clip, frames) for clip in accepted]),
        "previews": conform("previews", [{"clip_id": clip, "sheet": b"jpeg", "face": None} for clip in seen]),
    }
    if crops:
        tables["frames"] = conform("frames", [frames_row(clip, [b"a", b"b"]) for clip in accepted])
    return tables


def frames_row(clip_id: str, crops: list[bytes], size: int = 64, seed: int = 0) -> dict[str, Any]:
    """A row of frames with random landmarks; the face is not seen in the last frame."""
    count = len(crops)
    return {
        "clip_id": clip_id,
        "frames": count,
        "size": size,
        "crops": crops,
        "landmarks": np.random.default_rng(seed).uniform(-1, 1, (count, 1404)),
        "eyes": np.random.default_rng(seed).uniform(-1, 1, (count, 6)),
        "seen": np.arange(count) < count - 1,
        "camera": np.random.default_rng(seed).uniform(0.5, 1, (count, 3)),
    }


def stage(
    root: str | os.PathLike[str],
    source: int,
    span: int = 0,
    status: str = "accepted",
    cuts: int = 1,
    **more: Any,
) -> Path:
    """Stage a sample span of `cuts` clips, and where it is; `more` sets columns of clips."""
    rows = [clip_row(source, span, cut, status, **more) for cut in range(cuts)]
    return locate(root).root / stage_span(root, source_key(source), span, span_tables(rows))


def run_row(run_id: str = "run-1", **more: Any) -> dict[str, Any]:
    """A row of runs."""
    return {
        "run_id": run_id,
        "recipe": "{}",
        "fingerprint": FINGERPRINT,
        "started": datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        "status": "running",
        "seconds": {"probe": 1.5},
        **more,
    }


_SORTED = "SELECT * FROM {} ORDER BY ALL"

_WHOLE = """
SELECT count(*) AS clips, count(DISTINCT clip_id) AS different,
       count(*) FILTER (status = 'accepted') AS accepted,
       (SELECT count(*) FROM latents) AS latents,
       (SELECT count(*) FROM latents JOIN clips USING (clip_id) WHERE status = 'accepted') AS matched,
       (SELECT count(*) FROM previews) AS previews,
       (SELECT count(*) FROM previews JOIN clips USING (clip_id)) AS seen
FROM clips
"""


def assert_whole(catalog: str | os.PathLike[str]) -> int:
    """Count the clips; what holds at every moment: none twice, latents for each accepted one and no other."""
    found = catalogs.query(catalog, _WHOLE).to_pylist()[0]
    assert found["clips"] == found["different"], found
    assert found["accepted"] == found["latents"] == found["matched"], found
    assert found["previews"] == found["seen"], found
    return found["clips"]


def assert_glob_is_view(
    catalog: str | os.PathLike[str], tables: tuple[str, ...] = ("clips", "latents", "runs")
) -> None:
    """A DuckDB that knows nothing of the catalog reads the rows of the view."""
    for table in tables:
        bare = duckdb.sql(_SORTED.format(f"read_parquet('{catalog}/{table}/**/*.parquet')"))
        assert bare is not None
        assert bare.to_arrow_table().equals(catalogs.query(catalog, _SORTED.format(table))), table


def rows_of(catalog: str | os.PathLike[str], table: str) -> list[dict[str, Any]]:
    """All rows of a table in a fixed order."""
    return catalogs.query(catalog, _SORTED.format(table)).to_pylist()


def column(catalog: str | os.PathLike[str], sql: str) -> list[Any]:
    """The values of a query's only column."""
    return catalogs.query(catalog, sql).column(0).to_pylist()


def file_names(catalog: str | os.PathLike[str], table: str) -> set[str]:
    """The names of the Parquet files that lie in a table's folder."""
    return {path.name for path in Path(catalog, table).glob("*.parquet")}
