from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from catalogs.errors import BadSpan, NoCatalog, SchemaError
from catalogs.place import locate
from catalogs.schema import conform
from catalogs.staging import batches, read_span, set_aside, span_name, stage_span, staged
from tests.made.sample_spans import clip_row, frames_row, hexes, latent_row, source_key, span_tables, stage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "_work").mkdir()
    return tmp_path


def read(path: Path) -> dict[str, pa.Table]:
    return read_span(locate(path.parents[1]), f"_work/{path.name}")


def test_a_span_is_one_file_and_comes_back(root: Path) -> None:
    rows = [clip_row(1, 2, 0), clip_row(1, 2, 1, "rejected"), clip_row(1, 2, 2, "failed")]
    tables = span_tables(rows, frames=9, crops=True)
    name = stage_span(root, source_key(1), 2, tables)
    assert name == f"_work/{source_key(1)}-00002.span"
    assert os.listdir(root / "_work") == [f"{source_key(1)}-00002.span"]
    found = read_span(locate(root), name)
    assert set(found) == set(tables)
    assert all(found[name].equals(tables[name]) for name in tables)


def test_file_uris_work_for_workers_too(root: Path) -> None:
    assert stage(root.as_uri(), 1).exists()


def test_staging_again_replaces(root: Path) -> None:
    stage(root, 1)
    path = stage(root, 1, status="rejected")
    assert [entry.name for entry in staged(locate(root))] == [f"_work/{path.name}"]
    assert read(path)["clips"]["status"].to_pylist() == ["rejected"]


def test_without_a_catalog_nothing_is_staged(tmp_path: Path) -> None:
    with pytest.raises(NoCatalog, match="Writer.open"):
        stage(tmp_path, 1)


def test_a_failed_rename_leaves_no_span(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk gone"):
        stage(root, 1)
    assert staged(locate(root)) == []
    assert [name for name in os.listdir(root / "_work") if name.endswith((".parquet", ".span"))] == []


def test_every_cut_of_the_file_is_noticed(root: Path) -> None:
    path = stage(root, 1)
    whole = path.read_bytes()
    expected = read(path)["clips"]
    for size in range(0, len(whole) - 8, 97):  # the last 8 bytes are the last stream's end mark
        path.write_bytes(whole[:size])
        with pytest.raises(BadSpan, match=path.name):
            read(path)
    path.write_bytes(whole[:-8])
    assert read(path)["clips"].equals(expected)


def test_damage_is_noticed(root: Path) -> None:
    path = stage(root, 1)
    path.write_bytes(b"not a span at all" * 100)
    with pytest.raises(BadSpan, match="cannot be read"):
        read(path)
    other = path.with_name("other.span")
    path.rename(other)
    with pytest.raises(BadSpan, match="is not named"):
        read(other)


def test_names_must_be_keys(root: Path) -> None:
    with pytest.raises(ValueError, match="32 hex digits"):
        span_name("../../etc", 0)
    assert span_name(hexes(1), 123456).endswith("-123456.span")


def _tables(**changes: pa.Table | None) -> dict[str, pa.Table]:
    tables = {**span_tables([clip_row(1)]), **changes}
    return {name: table for name, table in tables.items() if table is not None}


def _frames(**changes: object) -> dict[str, pa.Table]:
    row = {**frames_row(clip_row(1)["clip_id"], [b"a", b"b"]), **changes}
    return _tables(frames=conform("frames", [row]))


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (_tables(latents=None), r"tables missing: \['latents'\]"),
        (_tables(clips=conform("clips", [])), "no clips"),
        (_tables(latents=conform("latents", [])), "one row for each accepted clip"),
        (_tables(latents=conform("latents", [latent_row(hexes("x"))])), "one row for each accepted clip"),
        (_tables(clips=conform("clips", [clip_row(2)])), "rows of another span"),
        (_tables(clips=conform("clips", [clip_row(1), clip_row(1)])), "clip_id stands twice"),
        (_tables(clips=conform("clips", [clip_row(1, status="rejected", reason=None)])), "with reason None"),
        (_tables(clips=conform("clips", [clip_row(1, reason="no_face")])), "with reason 'no_face'"),
        (_tables(clips=conform("clips", [clip_row(1, status="odd")])), "status 'odd'"),
        (_tables(previews=conform("previews", [{"clip_id": "x"}])), "previews has rows of other clips"),
        (
            _tables(latents=conform("latents", [{**latent_row(clip_row(1)["clip_id"]), "frames": 5}])),
            "latents.pose must hold frames x 6",
        ),
        (
            _tables(latents=conform("latents", [{**latent_row(clip_row(1)["clip_id"], 4), "audio": np.zeros(1009)}])),
            "latents.audio must hold frames x",
        ),
        (_tables(runs=conform("runs", [])), r"not for a span: \['runs'\]"),
        (_frames(crops=[b"a"]), "frames.crops must hold frames x 1 values"),
        (_frames(landmarks=np.zeros((1, 1404))), "frames.landmarks must hold frames x 1404 values"),
        (_frames(seen=None), "frames.seen must hold frames x 1 values"),
    ],
)
def test_contradictions_are_refused_before_staging(root: Path, tables: dict[str, pa.Table], says: str) -> None:
    with pytest.raises(BadSpan, match=says):
        stage_span(root, source_key(1), 0, tables)
    assert os.listdir(root / "_work") == []


def test_wrong_columns_are_named(root: Path) -> None:
    with pytest.raises(SchemaError, match=r"clips\.clip_id is null"):
        stage_span(root, source_key(1), 0, _tables(clips=pa.table({"status": ["accepted"]})))


def test_batches_are_bounded_and_complete(root: Path) -> None:
    paths = [stage(root, source) for source in range(7)]
    size = max(path.stat().st_size for path in paths)
    found = staged(locate(root))
    cut = list(batches(found, 2 * size))
    assert [len(batch) for batch in cut] == [2, 2, 2, 1]
    assert [root / name for batch in cut for name in batch] == sorted(paths)
    assert [len(batch) for batch in batches(found, 1)] == [1] * 7
    assert list(batches([], 1)) == []


def test_set_aside_keeps_the_bytes(root: Path) -> None:
    path = stage(root, 1)
    data = path.read_bytes()
    bad = root / set_aside(locate(root), f"_work/{path.name}")
    assert bad.suffix == ".bad"
    assert bad.read_bytes() == data
    assert staged(locate(root)) == []
