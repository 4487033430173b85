from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

import catalogs
from catalogs import view
from catalogs.errors import CatalogBusy, CatalogDamaged, CatalogError, NoCatalog, VersionMismatch
from catalogs.schema import TABLES
from tests.made.sample_spans import FINGERPRINT, RECIPE, assert_glob_is_view, column, rows_of, run_row, stage


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    root = tmp_path / "we'ird [1]*" / "k=3"
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source in range(4):
            stage(root, source, status=("accepted", "rejected")[source % 2])
        writer.commit()
        writer.put_run(run_row())
    return root


def test_one_view_a_table_with_the_schema_s_columns(catalog: Path) -> None:
    for table, schema in TABLES.items():
        assert catalogs.query(catalog, f"SELECT * FROM {table}").column_names == schema.names
    assert column(catalog, "SELECT count(*) FROM clips") == [4]
    assert column(catalog, "SELECT count(*) FROM latents JOIN clips USING (clip_id)") == [2]
    assert column(catalog, "SELECT count(*) FROM metrics") == [0]


def test_values_come_back(catalog: Path) -> None:
    columns = "emotion.happiness, quality, len(face_vector), start_s"
    sql = f"SELECT {columns} FROM clips WHERE source_uri = '/videos/2.mp4'"
    assert [list(row.values()) for row in catalogs.query(catalog, sql).to_pylist()] == [[0.5, 52.0, 128, 0.0]]
    with catalogs.open(catalog) as connection:
        started, seconds = connection.execute("SELECT started, seconds['probe'] FROM runs").fetchall()[0]
    assert (started.isoformat(), seconds) == ("2025-01-02T03:04:05", 1.5)


def test_file_uri(catalog: Path) -> None:
    assert catalogs.query(catalog.as_uri(), "SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_statements_without_rows(catalog: Path) -> None:
    assert catalogs.query(catalog, "CREATE TEMP TABLE mine (a INTEGER)").num_rows == 0


def test_read_only_reaches_the_catalog_and_nothing_else(catalog: Path, tmp_path: Path) -> None:
    other, part = tmp_path / "other.csv", next((catalog / "clips").iterdir())
    other.write_text("a\n1\n")
    with catalogs.open(catalog) as connection:
        for sql in (
            f"COPY clips TO '{tmp_path}/out.csv'",
            f"COPY clips TO '{str(part).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)",
            f"FROM read_csv('{other}')",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql)
    with catalogs.open(catalog, read_only=False) as connection:
        connection.execute(f"COPY clips TO '{tmp_path}/out.csv'")
        assert connection.execute(f"SELECT count(*) FROM '{tmp_path}/out.csv', '{other}'").fetchall() == [(4,)]


def test_wrong_sql_is_duckdb_s_error(catalog: Path) -> None:
    with pytest.raises(duckdb.BinderException, match="colour"):
        catalogs.query(catalog, "SELECT colour FROM clips")


def test_no_catalog_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "none", tmp_path / "file"):
        with pytest.raises(NoCatalog, match=f"jobs/extract.py --input FOLDER --catalog {place}"):
            catalogs.open(place)
    assert not (tmp_path / "none").exists()
    with pytest.raises(CatalogError, match="atomic rename"):
        catalogs.query("s3://bucket/x", "SELECT 1")


def test_a_newer_version_is_not_read(catalog: Path) -> None:
    newest = max((catalog / "_manifest").iterdir())
    newest.write_text(json.dumps({**json.loads(newest.read_text()), "version": "9"}))
    with pytest.raises(VersionMismatch, match="schema version 9"):
        catalogs.query(catalog, "SELECT 1")


def test_a_query_whose_files_vanish_runs_again(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, times = view.connected, []

    def replace_files_first(*arguments: object, **named: object) -> duckdb.DuckDBPyConnection:
        connection = real(*arguments, **named)  # type: ignore[arg-type]
        times.append(1)
        if len(times) == 1:
            with catalogs.Writer.open(catalog, RECIPE, FINGERPRINT) as writer:
                stage(catalog, 0, status="rejected", reason="too_short")
                writer.commit()
        return connection

    monkeypatch.setattr(view, "connected", replace_files_first)
    assert column(catalog, "SELECT reason FROM clips WHERE source_uri = '/videos/0.mp4'") == ["too_short"]
    assert len(times) == 2


@pytest.mark.parametrize("replaced", [0, 1])
def test_two_catalogs_are_read_at_one_commit_each(tmp_path: Path, replaced: int) -> None:
    catalogs_of_two = [tmp_path / "a", tmp_path / "b"]
    for root in catalogs_of_two:
        with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
            stage(root, 0)
            writer.commit()
    times: list[int] = []

    def statuses(*both: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
        times.append(1)
        if len(times) == 1:
            with catalogs.Writer.open(catalogs_of_two[replaced], RECIPE, FINGERPRINT) as writer:
                stage(catalogs_of_two[replaced], 0, status="rejected", reason="too_short")
                writer.commit()
        return [row for each in both for row in each.execute("SELECT status FROM clips").fetchall()]

    found = view.read_from(statuses, *catalogs_of_two)
    assert [status for (status,) in found] == (["rejected", "accepted"] if replaced == 0 else ["accepted", "rejected"])
    assert len(times) == 2


def test_files_lost_otherwise_are_named(catalog: Path) -> None:
    part = next((catalog / "clips").iterdir())
    part.unlink()
    for read in (
        lambda: catalogs.open(catalog),
        lambda: catalogs.query(catalog, "SELECT count(*) FROM clips"),
    ):
        with pytest.raises(CatalogDamaged, match=part.name):
            read()


def test_a_reader_gives_up_in_the_end(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise duckdb.IOException("file is gone")

    monkeypatch.setattr(view, "ATTEMPTS", 3)
    monkeypatch.setattr(view, "connected", fail)
    monkeypatch.setattr(view, "was_replaced", lambda *_: True)
    for read in (lambda: catalogs.open(catalog), lambda: catalogs.query(catalog, "SELECT 1")):
        with pytest.raises(CatalogBusy, match="replaced 3 times"):
            read()


def test_bare_duckdb_reads_the_same_rows(tmp_path: Path) -> None:
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        assert_glob_is_view(tmp_path)
        writer.put_run(run_row())
        for source in range(3):
            stage(tmp_path, source, cuts=2)
            writer.commit()
        stage(tmp_path, 1, status="failed")
        writer.commit()
        assert_glob_is_view(tmp_path)
        assert writer.maintain(lambda clips: clips)
    assert_glob_is_view(tmp_path, ("clips", "latents", "runs", "previews"))
    assert len(rows_of(tmp_path, "clips")) == 5
