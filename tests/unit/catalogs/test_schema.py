from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogs.errors import SchemaError
from catalogs.schema import (
    TABLES,
    conform,
    dim,
    empty,
    fitted,
    form,
    per_frame,
    schema_of,
    sql_type,
    unified,
    with_columns,
)
from tests.made.sample_spans import clip_row, run_row


@pytest.mark.parametrize("table", TABLES)
def test_empty_has_the_exact_schema(table: str) -> None:
    assert empty(table).schema.equals(TABLES[table], check_metadata=True)
    assert empty(table).num_rows == 0


@pytest.mark.parametrize("table", TABLES)
def test_sql_types_are_those_duckdb_reads_from_parquet(table: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.parquet"
    pq.write_table(empty(table), path)
    read = [row[1] for row in duckdb.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
    columns = ", ".join(f"CAST(NULL AS {sql_type(field.type)})" for field in TABLES[table])
    assert read == [row[1] for row in duckdb.execute(f"DESCRIBE SELECT {columns}").fetchall()]


def test_rows_become_an_exact_table() -> None:
    row = clip_row(1, seconds={"probe": np.float64(0.5)}, width=np.int64(640), quality=np.float32(61))
    table = conform("clips", [row])
    assert table.schema.equals(TABLES["clips"], check_metadata=True)
    found = table.to_pylist()[0]
    assert found["width"] == 640
    assert found["quality"] == 61.0
    assert found["split"] is None
    assert found["seconds"] == [("probe", 0.5)]


def test_a_table_in_another_order_and_type_is_cast() -> None:
    given = pa.table({"sheet": pa.array([None], pa.null()), "clip_id": pa.array(["a"], pa.large_string())})
    assert conform("previews", given).to_pylist() == [{"clip_id": "a", "sheet": None, "face": None}]


def test_arrays_become_flat_lists() -> None:
    rows = [{"clip_id": "a", "frames": 2, "pose": np.arange(12.0).reshape(2, 6)}]
    table = conform("latents", rows)
    assert table["pose"].to_pylist() == [list(range(12))]
    assert table["audio"].to_pylist() == [None]


def test_times_with_a_zone_are_stored_as_utc() -> None:
    paris = datetime.timezone(datetime.timedelta(hours=2))
    table = conform("runs", [run_row(started=datetime.datetime(2025, 6, 1, 12, tzinfo=paris))])
    assert table["started"].to_pylist() == [datetime.datetime(2025, 6, 1, 10)]
    again = table.set_column(6, "started", table["started"].cast(pa.timestamp("ns", tz="UTC")))
    assert conform("runs", again).equals(table)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("width", "wide", "clips.width"),
        ("width", 3.5, "clips.width"),
        ("status", None, "clips.status is null"),
        ("quality", float("nan"), "clips.quality holds NaN"),
        ("emotion", {"joy": 1.0}, "no field joy"),
        ("seconds", {"probe": float("inf")}, "clips.seconds holds NaN or infinity"),
        ("face_vector", [float("nan")] * 128, "clips.face_vector holds NaN"),
        ("colour", "red", "no column colour"),
    ],
)
def test_what_does_not_fit_is_named(column: str, value: object, says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        conform("clips", [{**clip_row(1), column: value}])


def test_tables_that_do_not_fit_are_named() -> None:
    with pytest.raises(SchemaError, match="latents.pose"):
        conform("latents", [{"clip_id": "a", "frames": 2, "pose": np.zeros((2, 5))}])
    with pytest.raises(SchemaError, match="latents.gaze holds lists whose length"):
        conform("latents", pa.table({"clip_id": ["a"], "frames": [1], "gaze": [[1.0, 2.0, 3.0]]}))
    with pytest.raises(SchemaError, match="previews.clip_id"):
        conform("previews", pa.table({"sheet": [b"x"]}))
    with pytest.raises(SchemaError, match="choose one of clips, latents"):
        schema_of("videos")


def test_dim_is_read_from_the_field() -> None:
    assert dim(TABLES["latents"].field("pose")) == 6
    assert dim(TABLES["latents"].field("audio")) is None
    assert dim(TABLES["latents"].field("dynamics")) is None
    assert dim(pa.field("plain", pa.int32())) is None


def test_per_frame_columns_say_so() -> None:
    assert per_frame(TABLES["latents"]) == ["pose", "gaze", "face_pose", "dynamics", "audio"]


def test_columns_that_stages_declare_follow_the_tables_own() -> None:
    said = {"unit": "share", "about": "how bright", "else": "left out"}
    more = pa.schema([pa.field("bright", pa.float32(), metadata=said), pa.field("silent", pa.int32())])
    schema = with_columns("clips", more, more)
    assert schema.names == [*TABLES["clips"].names, "bright"]
    assert schema.field("bright").metadata == {b"unit": b"share", b"about": b"how bright"}
    assert schema.metadata == TABLES["clips"].metadata
    table = conform("clips", [clip_row(1, bright=0.5)], more)
    assert table.schema.equals(schema, check_metadata=True)
    assert conform("clips", table).equals(table)
    with pytest.raises(SchemaError, match="clips has no column bright"):
        conform("clips", [clip_row(1, bright=0.5)])
    with pytest.raises(SchemaError, match="clips has no column silent"):
        conform("clips", [clip_row(1, silent=1)], more)
    plain, both = unified("clips", [conform("clips", [clip_row(2)]), table])
    assert plain.schema == both.schema == schema
    assert plain["bright"].to_pylist() == [None]
    assert form(schema) != form(TABLES["clips"])


def test_structs_become_maps_without_their_nulls() -> None:
    kind = pa.struct([("probe", pa.float64()), ("track", pa.float64())])
    rows = [{"probe": 1.0, "track": None}, None, {"probe": None, "track": None}, {"probe": 2.0, "track": 3.0}]
    column = pa.chunked_array([pa.array(rows[:2], kind), pa.array([], kind), pa.array(rows, kind).slice(2)])
    wanted = pa.schema([TABLES["clips"].field("seconds")])
    found = fitted(pa.table({"seconds": column}), wanted)
    assert found.schema == wanted
    assert found["seconds"].to_pylist() == [[("probe", 1.0)], None, [], [("probe", 2.0), ("track", 3.0)]]
