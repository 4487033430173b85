"""Manifests as CSV and Parquet: what is read, and errors that name file, row and column."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.listing.inputs import list_sources
from pipeline.listing.manifests import Listed, is_manifest
from pipeline.listing.manifests import read_manifest as read
from pipeline.listing.table_files import TableFiles


def read_manifest(uri: str) -> list[Listed]:
    return list(read(TableFiles.single(uri)))


def write(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


def test_csv_with_all_columns_and_unknown_ones(tmp_path: Path) -> None:
    uri = write(
        tmp_path / "list.csv",
        "\ufeffuri,note,subject_id,split,start_s,end_s\n"
        'a.mp4,"x, y",007,train,1.5,4\n'
        "\n"
        "/abs/b.mp4,,,,,\n"
        "https://host/c.mp4?x=1,,anna,,,9\n",
    )
    assert list(read_manifest(uri)) == [
        (f"{tmp_path}/a.mp4", "007", "train", 1.5, 4.0, {"note": "x, y"}),
        ("/abs/b.mp4", None, None, None, None, None),
        ("https://host/c.mp4?x=1", "anna", None, None, 9.0, None),
    ]


def test_parquet_with_numbers_as_names(tmp_path: Path) -> None:
    table = {"uri": ["sub/a.mp4", "b.mp4"], "subject_id": [7, None], "start_s": [1, None], "extra": [[1], [2]]}
    pq.write_table(pa.table(table), tmp_path / "list.parquet")
    assert list(read_manifest(f"{tmp_path}/list.parquet")) == [
        (f"{tmp_path}/sub/a.mp4", "7", None, 1.0, None, {"extra": "[1]"}),
        (f"{tmp_path}/b.mp4", None, None, None, None, {"extra": "[2]"}),
    ]


def test_relative_to_a_remote_manifest() -> None:
    fsspec.filesystem("memory").pipe_file("/lists/a.csv", b"uri\nx.mp4\n../y.mp4\n")
    assert [row[0] for row in read_manifest("memory:///lists/a.csv")] == ["memory:///lists/x.mp4", "memory:///y.mp4"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("path\na.mp4", r"list\.csv: .*needs a column 'uri'; it has: path"),
        ("", r"list\.csv: .*needs a column 'uri'; it has: nothing"),
        ("uri;split\na.mp4;x", r"it has: uri;split; separate its columns by commas, not by ';'"),
        ("uri,uri\na,b", r"column uri stands there 2 times"),
        ("uri,split\na.mp4,x\n ,y", r"list\.csv, row 2, column uri: is empty"),
        ("uri,start_s\na.mp4,soon", r"row 1, column start_s: 'soon' is not a number"),
        ("uri,start_s\na.mp4,inf", r"row 1, column start_s: is inf"),
        ("uri,start_s\na.mp4,-1", r"row 1, column start_s: is -1"),
        ("uri,start_s,end_s\na.mp4,2,2", r"row 1, column end_s: is 2, not after start_s 2"),
        ("uri,end_s\na.mp4,0", r"row 1, column end_s: is 0, not after start_s 0"),
        ("uri,split\na.mp4,x\nb.mp4", r"row 2 \(line 3\): 1 cells under 2 columns"),
        ('uri\n"a.mp4', r"list\.csv, line 2: not CSV"),
    ],
)
def test_csv_errors_name_the_place(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(read_manifest(write(tmp_path / "list.csv", lines)))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("uri", 3, "column uri: 3 is int, not text"),
        ("subject_id", 1.5, "column subject_id: 1.5 is float, not text"),
        ("split", True, "column split: True is bool, not text"),
        ("start_s", [1.0], "column start_s: .* is list, not seconds"),
        ("end_s", True, "column end_s: True is bool, not seconds"),
    ],
)
def test_parquet_errors_name_the_place(tmp_path: Path, column: str, value: Any, message: str) -> None:
    row = {"uri": "a.mp4", column: value}
    pq.write_table(pa.table({name: [cell] for name, cell in row.items()}), tmp_path / "list.parquet")
    with pytest.raises(InputError, match=rf"list\.parquet, row 1, {message}"):
        list(read_manifest(f"{tmp_path}/list.parquet"))


def test_unreadable_manifests(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no")
    (tmp_path / "a.csv").write_bytes(b"uri\n\xff\xfe")
    with pytest.raises(InputError, match=r"a\.parquet: not a readable Parquet file"):
        list(read_manifest(f"{tmp_path}/a.parquet"))
    with pytest.raises(InputError, match=r"a\.csv, row 1, column uri: .* is not UTF-8 text and no file has that name"):
        list(read_manifest(f"{tmp_path}/a.csv"))
    with pytest.raises(InputError, match=r"gone\.csv: cannot be read"):
        list(read_manifest(f"{tmp_path}/gone.csv"))


names = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=12)
times = st.none() | st.floats(0, 1e6)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(names, st.none() | names, st.none() | names, times, times), min_size=1, max_size=5))
def test_csv_and_parquet_tell_the_same(tmp_path: Path, rows: list[tuple]) -> None:
    columns = ("uri", "subject_id", "split", "start_s", "end_s")
    rows = [
        (f"/v/{u.replace('/', '_')}.mp4", s, p, a, None if b is None else (a or 0) + b + 1) for u, s, p, a, b in rows
    ]
    with open(tmp_path / "list.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    types = [pa.string()] * 3 + [pa.float64()] * 2
    table = pa.table([pa.array(c, t) for c, t in zip(zip(*rows, strict=True), types, strict=True)], names=columns)
    pq.write_table(table, tmp_path / "list.parquet")
    assert list(read_manifest(f"{tmp_path}/list.csv")) == list(read_manifest(f"{tmp_path}/list.parquet"))
    assert [row[:5] for row in read_manifest(f"{tmp_path}/list.csv")] == rows


def test_what_is_read_as_a_manifest() -> None:
    assert all(map(is_manifest, ["a.csv", "x/*.parquet", "https://host/a.CSV?token=1", "zip://a.csv::/b.zip"]))
    assert all(map(is_manifest, ["a.csv.gz", "https://host/A.CSV.GZ?token=1", "zip://a.csv.gz::/b.zip"]))
    assert not any(map(is_manifest, ["a.mp4", "folder", "https://host/a.mp4?list=a.csv", "zip://a.mp4::/b.csv"]))
    assert not any(map(is_manifest, ["a.gz", "a.mp4.gz", "a.parquet.gz"]))


def test_a_compressed_csv_is_the_plain_one(tmp_path: Path) -> None:
    text = "uri,subject_id\na.mp4,ann\nb.mp4,\n"
    (tmp_path / "list.csv").write_text(text)
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert list(read_manifest(f"{tmp_path}/list.csv.gz")) == list(read_manifest(f"{tmp_path}/list.csv"))
    sources = list_sources([f"{tmp_path}/list.csv.gz"])
    assert [(Path(source.uri).name, source.subject_id) for source in sources] == [("a.mp4", "ann"), ("b.mp4", None)]
