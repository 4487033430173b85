"""Columns may be added to the tables without a new catalog: older and newer files are read, older ones written on."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

import catalogs
from catalogs import manifest, parts, staging
from catalogs.errors import BadSpan, SchemaError
from catalogs.frames import open_frames
from catalogs.place import locate
from catalogs.schema import TABLES, VERSION, conform, form, sql_type
from catalogs.staging import stage_span
from catalogs.statistics import read_statistics, store_statistics
from catalogs.summary import summary
from catalogs.writer import Writer
from tests.made.older import ANN, BEA, add_columns, version_3, without_notes
from tests.made.sample_spans import (
    FINGERPRINT,
    RECIPE,
    assert_glob_is_view,
    assert_whole,
    clip_row,
    column,
    latent_row,
    rows_of,
    run_row,
    stage,
)

NEW = ({"stages": [{"name": "bright", "parameters": {}}]}, "recipe-two")


@pytest.fixture(params=["version_3", "version_3_late"])
def old(root: Path, request: pytest.FixtureRequest) -> Path:
    return version_3(root, request.param)


def described(root: Path, view: str = "clips") -> list[tuple[str, str]]:
    """(name, type) of the columns of a view."""
    found = catalogs.query(root, f"DESCRIBE {view}")
    return list(zip(found["column_name"].to_pylist(), found["column_type"].to_pylist(), strict=True))


def wanted(table: str = "clips") -> list[tuple[str, str]]:
    return [(field.name, sql_type(field.type).replace('"', "")) for field in TABLES[table]]


def assert_reads(root: Path, cache: Path) -> None:
    """All readers, on the clips of the catalog of version 3."""
    for table in TABLES:
        assert [(name, kind.replace('"', "")) for name, kind in described(root, table)] == wanted(table)
    assert column(root, f"SELECT subject_id FROM clips WHERE source_uri = '{ANN}'") == ["Ann"]
    assert summary(root)["accepted"] >= 2
    assert {"Ann", "Bea"} <= {clip.subject_id for clip in open_frames(root, cache=cache).clips}
    assert assert_whole(root) >= 4


def test_a_catalog_without_them_is_read(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_reads(old, tmp_path / "cache")  # as they are now
    add_columns(monkeypatch)
    assert_reads(old, tmp_path / "cache")
    added = "added_map IS NULL AND added_number IS NULL AND emotion.added IS NULL"
    assert column(old, f"SELECT seconds['track'] FROM clips WHERE {added}") == [0.5] * 4
    state = manifest.newest(locate(old))
    assert state is not None
    rows = parts.read_all(locate(old), "clips", state.parts("clips"))
    assert rows.schema == TABLES["clips"]
    assert rows["added_map"].null_count == 4
    assert [row["added"] for row in rows["emotion"].to_pylist()] == [None] * 4
    assert parts.read(locate(old), "clips", state.parts("clips")[0], ["added_number", "clip_id"]).num_columns == 2


@pytest.mark.parametrize("first", ["old", "new"])
def test_files_with_and_without_them_are_read_together(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    with monkeypatch.context() as later:
        if first == "new":
            add_columns(later)
        with Writer.open(root, RECIPE, FINGERPRINT) as writer:
            stage(root, 7, **({"added_number": 7.0} if first == "new" else {}))
            writer.commit()
        if first == "old":
            add_columns(later)
            with Writer.open(root, RECIPE, FINGERPRINT) as writer:
                stage(root, 8, added_map={"a": "b"}, added_number=8.0, emotion={"added": 1.0})
                writer.commit()
            numbers = "SELECT added_number FROM clips ORDER BY source_uri"
            assert column(root, numbers) == [None, 8.0]
            assert column(root, "SELECT added_map['a'] FROM clips ORDER BY source_uri") == [None, "b"]
            assert column(root, "SELECT emotion.added FROM clips ORDER BY source_uri") == [None, 1.0]
            assert [(name, kind.replace('"', "")) for name, kind in described(root)] == wanted()
            return
    # code without the columns, on a catalog that has them: all it knows, and they follow; what it writes keeps them
    for _ in range(2):
        names = [name for name, _ in described(root)]
        assert names == [*TABLES["clips"].names, "added_map", "added_number"]
        assert column(root, "SELECT added_number FROM clips ORDER BY source_uri")[0] == 7.0
        state = manifest.newest(locate(root))
        assert state is not None
        assert parts.read_all(locate(root), "clips", state.parts("clips")).column_names == names
        with Writer.open(root, RECIPE, FINGERPRINT) as writer:
            stage(root, 8)
            writer.commit()
            writer.maintain(lambda clips: clips)
    assert column(root, "SELECT added_number FROM clips ORDER BY source_uri") == [7.0, None]
    assert_glob_is_view(root)


def test_a_catalog_without_them_is_written_on(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_columns(monkeypatch)
    with Writer.open(old, RECIPE, FINGERPRINT) as writer:
        assert writer.decided().num_rows == 4
        stage(old, 5, added_map={"take": "2"}, added_number=0.5)
        assert writer.commit() == 1
        assert_reads(old, tmp_path / "cache")
        files = "SELECT added_number FROM clips ORDER BY source_uri"
        assert column(old, files) == [None] * 4 + [0.5]
        writer.put_run(run_row("run-2"))
        assert writer.maintain(lambda clips: clips)
        assert not writer.maintain(lambda clips: clips)
    assert_glob_is_view(old, ("clips", "latents", "previews", "runs", "frames"))
    assert column(old, files) == [None] * 4 + [0.5]
    assert store_statistics(old, {"run_id": "s", "started": run_row()["started"]}).clips == 2
    assert read_statistics(old).columns["dynamics"].count == 4


def test_a_run_without_news_gives_old_clips_the_columns(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_columns(monkeypatch)
    glob = f"FROM read_parquet('{old}/clips/**/*.parquet')"
    with Writer.open(old, RECIPE, FINGERPRINT) as writer:
        assert writer.maintain(lambda clips: clips)
    assert "added_map" in duckdb.sql(glob).columns
    assert column(old, "SELECT count(*) FROM clips WHERE added_map IS NULL") == [4]


def test_spans_staged_without_them_are_committed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Writer.open(root, RECIPE, FINGERPRINT).close()
    path = stage(root, 1)
    add_columns(monkeypatch)
    assert staging.read_span(locate(root), f"_work/{path.name}")["clips"].schema == TABLES["clips"]
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        assert writer.commit() == 1
        assert writer.problems == ()
    assert rows_of(root, "clips")[0]["added_map"] is None


def test_forms_are_noted_or_looked_up(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = form(TABLES["clips"])
    with Writer.open(old, RECIPE, FINGERPRINT) as writer:
        stage(old, 5)
        writer.commit()
    for forget in (lambda: None, lambda: without_notes(old)):
        forget()
        state = manifest.newest(locate(old))
        assert state is not None
        held = [parts.looked_up(locate(old), part) for part in state.parts("clips")]
        assert [(part.form, part.recipe) for part in held] == [(held[0].form, FINGERPRINT), (ours, FINGERPRINT)]
        assert held[0].form in ("8b14b398010d5dfc", "1cf6e4251c1c8775")
    add_columns(monkeypatch)
    assert form(TABLES["clips"]) != ours


def test_a_newer_frame_store_is_copied_anew(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    assert [clip.source_uri for clip in open_frames(old, cache=cache).clips if clip.subject == "Bea"] == [BEA]
    before = sorted(cache.iterdir())
    monkeypatch.setitem(TABLES, "frames", TABLES["frames"].append(pa.field("added", pa.int32())))
    assert len(open_frames(old, cache=cache)) == 2
    assert sorted(cache.iterdir()) != before


def test_seconds_were_a_struct_and_are_a_map(root: Path) -> None:
    spent = [("survey", 0.1), ("probe", 0.01), ("track", 0.5), ("motion", 0.02)]
    rounded = [(name, pa.scalar(value, pa.float32()).as_py()) for name, value in spent]
    version_3(root, "version_3_late")
    assert manifest.newest(locate(root)).version == "3"  # type: ignore[union-attr]
    sql = "SELECT seconds FROM clips ORDER BY source_uri"
    assert column(root, sql) == [rounded] * 4
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage(root, 5, seconds={"brightness": 0.5})
        assert writer.commit() == 1
        assert column(root, sql) == [rounded] * 4 + [[("brightness", 0.5)]]
        assert writer.maintain(lambda clips: clips)
    assert manifest.newest(locate(root)).version == VERSION  # type: ignore[union-attr]
    assert column(root, sql) == [rounded] * 4 + [[("brightness", 0.5)]]
    assert_glob_is_view(root)


def test_columns_that_stages_declare(root: Path) -> None:
    said = {"unit": "share", "about": "how bright"}
    clips, arrays = (
        pa.schema([pa.field(name, kind, metadata=more)])
        for name, kind, more in (
            ("bright", pa.float32(), said),
            ("glow", pa.list_(pa.float16()), {**said, "per": "frame", "dim": "2"}),
        )
    )
    columns = {"clips": clips, "latents": arrays}
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage(root, 1)
        writer.commit()
    with Writer.open(root, *NEW, recompute=True, columns=columns) as writer:
        stage(root, 2, recipe=NEW[1])  # a lone row that knows nothing of them
        writer.commit()
        assert column(root, "SELECT bright FROM clips") == [None]
        row = clip_row(3, bright=0.5, recipe=NEW[1])
        latent = {**latent_row(row["clip_id"]), "glow": np.ones((4, 2))}
        tables = {"clips": conform("clips", [row], clips), "latents": conform("latents", [latent], arrays)}
        stage_span(root, row["source_key"], 0, {**tables, "previews": conform("previews", [])})
        writer.commit()
        assert column(root, "SELECT bright FROM clips ORDER BY source_uri") == [None, 0.5]
        assert column(root, "SELECT glow FROM latents WHERE glow IS NOT NULL") == [[1.0] * 8]
        assert column(root, "SELECT bright FROM older_clips") == [None]
        short = {**latent, "glow": np.ones((3, 2))}
        bad = {**tables, "latents": conform("latents", [short], arrays), "previews": conform("previews", [])}
        with pytest.raises(BadSpan, match="latents.glow must hold frames x 2"):
            stage_span(root, row["source_key"], 0, bad)
        writer.maintain(lambda rows: rows)
    assert [name for name, _ in described(root)] == [*TABLES["clips"].names, "bright"]
    # without the stage, the column stays
    with Writer.open(root, RECIPE, FINGERPRINT, recompute=True) as writer:
        stage(root, 3)
        writer.commit()
        writer.maintain(lambda rows: rows)
    assert column(root, "SELECT bright FROM clips ORDER BY source_uri") == [None, None]
    other = {"clips": pa.schema([pa.field("bright", pa.string(), metadata=said)])}
    with pytest.raises(SchemaError, match="clips.bright of type FLOAT, and a stage declares it as VARCHAR: give the"):
        Writer.open(root, RECIPE, FINGERPRINT, columns=other)
