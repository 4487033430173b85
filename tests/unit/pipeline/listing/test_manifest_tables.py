"""Manifests as pandas, DuckDB and Spark write them: types, folders of parts, columns of the user's own."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.listing.inputs import Source, list_sources
from tests.made.serve_folder import serve

DUCKDB = [
    ("start_s", "0.5", 0.5),
    ("start_s", "interval 90 seconds", 90.0),
    ("start_s", "interval 1 month", "not seconds"),
    ("start_s", "time '00:01:02.5'", 62.5),
    ("start_s", "timestamp '2024-01-01 00:00:01'", "2024-01-01T00:00:01 is a moment, not seconds"),
    ("start_s", "7::hugeint", 7.0),
    ("start_s", "7::ubigint", 7.0),
    ("start_s", "true", "True is bool, not seconds"),
    ("start_s", "'nan'::double", None),
    ("start_s", "'inf'::double", "is inf"),
    ("start_s", "'01:00:00,250'", 3600.25),
    ("start_s", "' 1.5 '", 1.5),
    ("start_s", "'90s'", "'90s' is not a number of seconds; write 62.5, or 00:01:02.5"),
    ("start_s", "0.1::float", 0.1),
    ("subject_id", "12.0", "12"),
    ("subject_id", "12.0::double", "12"),
    ("subject_id", "12::hugeint", "12"),
    ("subject_id", "18446744073709551615::ubigint", "18446744073709551615"),
    ("subject_id", "123456789012345678901::hugeint", "too large a float to be exact"),
    ("subject_id", "'ann'::enum('ann', 'bob')", "ann"),
    ("subject_id", "1.5", "write names as text or whole numbers"),
    ("subject_id", "true", "True is bool, not text"),
    ("subject_id", "null", None),
    ("split", "date '2024-02-03'", "2024-02-03"),
    ("split", "uuid '00000000-0000-0000-0000-00000000000a'", "00000000-0000-0000-0000-00000000000a"),
]


@pytest.mark.parametrize(("column", "sql", "expected"), DUCKDB)
def test_what_duckdb_writes(tmp_path: Path, column: str, sql: str, expected: object) -> None:
    path = tmp_path / "list.parquet"
    duckdb.sql(f"copy (select 'a.mp4' uri, {sql} {column}) to '{path}'")
    if isinstance(expected, str) and " " in expected:
        with pytest.raises(InputError, match=rf"list\.parquet, row 1, column {column}: .*{expected}"):
            list_sources([str(path)])
    else:
        assert list_sources([str(path)]) == [Source(f"{tmp_path}/a.mp4", **{column: expected})]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_pandas_writes_where_numbers_are_missing(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame(
        {
            "uri": ["a.mp4", "b.mp4"],
            "subject_id": [12, None],
            "start_s": [None, 1.5],
            "end_s": pd.to_timedelta([None, 62.5], unit="s").total_seconds(),
            "age": [31, None],
            "score": [0.5, 2.0],
        }
    )
    path = tmp_path / f"list.{ending}"
    table.to_csv(path) if ending == "csv" else table.to_parquet(path)
    first, second = list_sources([str(path)])
    assert first == Source(f"{tmp_path}/a.mp4", "12", user={"age": "31", "score": "0.5"})
    score = "2.0" if ending == "csv" else "2"  # text beside 0.5 is left as it is
    assert second == Source(f"{tmp_path}/b.mp4", None, None, 1.5, 62.5, {"score": score})


def test_pandas_types(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "uri": pd.array(["a.mp4", "b.mp4"], dtype="string"),
            "subject_id": pd.array([7, pd.NA], dtype="Int64"),
            "split": pd.Categorical(["train", None]),
            "start_s": pd.to_timedelta([0.25, None], unit="s"),
            "end_s": np.array([3, 4], np.int16),
        }
    )
    table.to_parquet(tmp_path / "list.parquet")
    assert list_sources([f"{tmp_path}/list.parquet"]) == [
        Source(f"{tmp_path}/a.mp4", "7", "train", 0.25, 3.0),
        Source(f"{tmp_path}/b.mp4", None, None, None, 4.0),
    ]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_kinds_of_text(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array(["a.mp4"]).cast(kind)
    pq.write_table(pa.table({"uri": column, "split": column}), tmp_path / "list.parquet")
    assert list_sources([f"{tmp_path}/list.parquet"]) == [Source(f"{tmp_path}/a.mp4", split="a.mp4")]


@pytest.mark.parametrize("word", ["nan", "NaN", "NaT", "<NA>", " "])
def test_words_for_nothing_are_empty_cells(tmp_path: Path, word: str) -> None:
    (tmp_path / "list.csv").write_text(f"uri,subject_id,start_s,note\na.mp4,{word},{word},{word}\n")
    assert list_sources([f"{tmp_path}/list.csv"]) == [Source(f"{tmp_path}/a.mp4")]


def test_other_columns_are_the_user_s_in_their_natural_form(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "uri": ["a.mp4"],
        "text": ["Ünï, \n x"],
        "whole": [12.0],
        "half": [0.5],
        "single": pa.array([0.1], pa.float32()),
        "exact": [Decimal("12.50")],
        "yes": [True],
        "day": [date(2024, 2, 3)],
        "moment": [datetime(2024, 2, 3, 4, 5, 6)],
        "clock": [time(1, 2, 3)],
        "long": [timedelta(seconds=1.5)],
        "nested": [{"a": [1, 2.0, None], "b": "ü", "day": date(2024, 1, 1), "nan": float("nan")}],
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        "nothing": pa.array([None], pa.string()),
        "picture": [b"\xff\xd8"],
    }
    pq.write_table(pa.table(columns), tmp_path / "list.parquet")
    told: list[str] = []
    (source,) = list_sources([f"{tmp_path}/list.parquet"], warn=told.append)
    assert source.user == {
        "text": "Ünï, \n x",
        "whole": "12",
        "half": "0.5",
        "single": "0.1",
        "exact": "12.5",
        "yes": "true",
        "day": "2024-02-03",
        "moment": "2024-02-03T04:05:06",
        "clock": "01:02:03",
        "long": "0:00:01.500000",
        "nested": '{"a": [1, 2, null], "b": "ü", "day": "2024-01-01", "nan": null}',
        "map": '{"k": 1}',
    }
    assert told == [f"{tmp_path}/list.parquet: column 'picture' holds bytes and is left out"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("uri,subject", {"subject": "subject_id"}),
        ("uri,subject_ID,Split", {"subject_ID": "subject_id", "Split": "split"}),
        ("uri,Speaker,source", {"Speaker": "subject_id"}),
        ("uri,start,end", {"start": "start_s", "end": "end_s"}),
        ("uri,Start (s),end_sec", {"Start (s)": "start_s", "end_sec": "end_s"}),
        ("uri,subjct_id,splits", {"subjct_id": "subject_id", "splits": "split"}),
        ("uri,subject_id,subject,path", {}),
        ("uri,note,age,language,duration,fps", {}),
    ],
)
def test_columns_that_look_like_known_ones_are_named(tmp_path: Path, columns: str, expected: dict[str, str]) -> None:
    (tmp_path / "list.csv").write_text(f"{columns}\na.mp4{',1' * columns.count(',')}\n")
    told: list[str] = []
    list_sources([f"{tmp_path}/list.csv"], warn=told.append)
    assert [text.partition(", which")[0] for text in told] == [
        f"{tmp_path}/list.csv: column {column!r} looks like {known!r}" for column, known in expected.items()
    ]


@pytest.mark.parametrize("name", ["URI", "url", "path", "File Name", "video"])
def test_a_missing_uri_names_the_column_that_may_be_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_text(f"{name}\na.mp4\n")
    with pytest.raises(InputError, match=f"needs a column 'uri'; it has: {name}; rename '{name}' to 'uri'"):
        list_sources([f"{tmp_path}/list.csv"])


def test_the_warning_goes_to_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.csv").write_text("uri,subject\na.mp4,x\n")
    list_sources([f"{tmp_path}/list.csv"])
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"warning: {tmp_path}/list.csv: column 'subject' looks like 'subject_id'")


def test_a_source_named_twice_has_what_both_namings_say(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("uri,a,b\nx.mp4,1,\nx.mp4,,2\n")
    assert list_sources([f"{tmp_path}/list.csv"]) == [Source(f"{tmp_path}/x.mp4", user={"a": "1", "b": "2"})]
    (tmp_path / "list.csv").write_text("uri,a\nx.mp4,1\nx.mp4,2\n")
    with pytest.raises(InputError, match=r"x\.mp4: listed with a '1' and again with '2'; keep one of the two"):
        list_sources([f"{tmp_path}/list.csv"])


def spark(folder: Path, parts: dict[str, Sequence[str]], ending: str = "parquet") -> Path:
    """A folder of parts, each listing these uris, with all that Spark leaves beside them."""
    for name, uris in parts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == "parquet":
            pq.write_table(pa.table({"uri": list(uris)}), path)
        else:
            text = "uri\n" + "".join(f"{uri}\n" for uri in uris)
            path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
        path.with_name(f".{path.name}.crc").write_bytes(b"crc")
    for name in ("_SUCCESS", "_committed_123", "_started_123", "._SUCCESS.crc", "_temporary/0/part-9.parquet"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("spelling", ["{0}", "{0}/", "{1}/*.parquet", "{0}/part-*.parquet", "{0}/*.parquet"])
def test_a_folder_that_spark_wrote_is_one_manifest(tmp_path: Path, spelling: str) -> None:
    folder = spark(
        tmp_path / "out.parquet",
        {"part-00001-b.c000.snappy.parquet": ["../b.mp4"], "part-00000-a.parquet": ["x/a.mp4"]},
    )
    expected = [Source(f"{folder}/x/a.mp4"), Source(f"{tmp_path}/b.mp4")]
    assert list_sources([spelling.format(folder, tmp_path)]) == expected


def test_a_csv_folder_with_compressed_and_empty_parts(tmp_path: Path) -> None:
    folder = spark(tmp_path / "out.csv", {"part-0.csv": ["a.mp4"], "part-1.csv.gz": ["b.mp4"]}, "csv")
    (folder / "part-2.csv").touch()
    assert list_sources([str(folder)]) == [Source(f"{folder}/a.mp4"), Source(f"{folder}/b.mp4")]
    (folder / "part-3.csv").write_text('uri,note\nc.mp4,"he said \\"no\\""\n')
    assert list_sources([str(folder)])[-1] == Source(f"{folder}/c.mp4", user={"note": 'he said "no"'})
    (folder / "part-4.csv").write_text("d.mp4\n")
    with pytest.raises(InputError, match=r"part-4\.csv: a manifest needs a column 'uri'; it has: d\.mp4"):
        list_sources([str(folder)])


def test_partitions_give_columns(tmp_path: Path) -> None:
    folder = spark(
        tmp_path / "out.parquet",
        {
            "split=train/lang=de%2Fat/part-0.parquet": ["/v/a.mp4"],
            "split=test/lang=__HIVE_DEFAULT_PARTITION__/part-0.parquet": ["b.mp4"],
        },
    )
    assert list_sources([str(folder)]) == [
        Source(f"{folder}/b.mp4", split="test"),
        Source("/v/a.mp4", split="train", user={"lang": "de/at"}),
    ]
    rows, how = "select 'c.mp4' uri, 12 subject_id", "format parquet, partition_by subject_id"
    duckdb.sql(f"copy ({rows}) to '{tmp_path}/duck.parquet' ({how})")
    assert list_sources([f"{tmp_path}/duck.parquet"]) == [Source(f"{tmp_path}/duck.parquet/c.mp4", "12")]


def test_a_folder_of_videos_stays_one_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "takes.parquet"
    folder.mkdir()
    for name in ("a.mp4", "_b.mp4", "notes.txt"):
        (folder / name).touch()
    assert list_sources([str(folder)]) == [Source(f"{folder}/{name}") for name in ("_b.mp4", "a.mp4", "notes.txt")]
    (tmp_path / "plain").mkdir()
    pq.write_table(pa.table({"uri": ["x.mp4"]}), tmp_path / "plain" / "list.parquet")
    assert list_sources([f"{tmp_path}/plain"]) == [Source(f"{tmp_path}/plain/list.parquet")]


def test_a_manifest_inside_a_folder_named_like_one_is_relative_to_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "data.csv" / "lists"
    folder.mkdir(parents=True)
    (folder / "list.csv").write_text("uri\na.mp4\n")
    assert list_sources([f"{folder}/list.csv"]) == [Source(f"{folder}/a.mp4")]


def test_a_table_that_keeps_removed_rows_is_refused(tmp_path: Path) -> None:
    folder = spark(tmp_path / "out.parquet", {"part-0.parquet": ["a.mp4"], "_delta_log/0.parquet": ["x"]})
    with pytest.raises(InputError, match=r"out\.parquet: a Delta table keeps rows that were removed"):
        list_sources([str(folder)])


def test_a_folder_of_parts_in_a_store(tmp_path: Path) -> None:
    folder = spark(tmp_path / "out.parquet", {"split=a/part-0.parquet": ["../a.mp4"]})
    store = fsspec.filesystem("memory")
    for path in folder.rglob("*"):
        if path.is_file():
            store.pipe_file(f"/tables/{path.relative_to(tmp_path)}", path.read_bytes())
    expected = [Source("memory:///tables/a.mp4", split="a")]
    assert list_sources(["memory:///tables/out.parquet"]) == list_sources(["memory:///tables/out.parquet/"]) == expected
    store.rm("/tables", recursive=True)
    with serve(tmp_path) as address:
        assert list_sources([f"{address}/out.parquet/"]) == [Source(f"{address}/a.mp4", split="a")]


def test_the_reported_manifests(shared: Path) -> None:
    reports = shared / "reports"
    if not reports.is_dir():
        pytest.skip(f"no reports at {reports}")
    clip = str(reports / "clip.mp4")
    assert list_sources([str(reports / "decimal_times.parquet")]) == [Source(clip, start_s=0.5, end_s=4.2)]
    assert list_sources([str(reports / "spark.parquet")]) == [Source(clip)]


def test_csv_with_columns_without_a_name(tmp_path: Path) -> None:
    with open(tmp_path / "list.csv", "w", newline="") as file:
        csv.writer(file).writerows([["", "uri", "", "n"], ["0", "a.mp4", "", "1"]])
    assert list_sources([f"{tmp_path}/list.csv"]) == [Source(f"{tmp_path}/a.mp4", user={"n": "1"})]
