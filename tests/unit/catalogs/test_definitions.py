"""The views show one recipe's rows; those of an older one can be looked at, and are never mixed in."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import catalogs
from catalogs import definitions
from catalogs.errors import NoFrames, NoStatistics
from catalogs.frames import open_frames
from catalogs.manifest import newest
from catalogs.place import locate
from catalogs.schema import REJECTED, TABLES
from catalogs.staging import stage_span
from catalogs.statistics import store_statistics
from catalogs.writer import Writer
from tests.made.older import in_one_file, version_3, without_notes
from tests.made.sample_spans import FINGERPRINT, RECIPE, assert_whole, column, hexes, run_row, source_key, stage
from tests.made.sample_spans import clip_row as row
from tests.made.sample_spans import span_tables as tables

NEW = ({"stages": [{"name": "probe", "parameters": {"minimum": 1}}]}, "recipe-two")


@pytest.fixture
def half(root: Path) -> Path:
    """The catalog of version 3, of which clips 1 (accepted) and 2 (now accepted) were decided anew, of four."""
    version_3(root)
    with Writer.open(root, *NEW, recompute=True) as writer:
        for source in (1, 2):
            clip = row(source, recipe=NEW[1])
            stage_span(root, source_key(source), 0, tables([clip], crops=source == 1))
        writer.commit()
        writer.maintain(lambda clips: clips)
    return root


def assert_apart(root: Path) -> None:
    assert column(root, "SELECT source_uri FROM clips ORDER BY ALL") == ["/videos/1.mp4", "/videos/2.mp4"]
    assert column(root, "SELECT DISTINCT recipe FROM clips") == [NEW[1]]
    assert column(root, "SELECT source_uri FROM older_clips ORDER BY ALL") == ["/videos/3.mp4", "/videos/4.mp4"]
    assert column(root, "SELECT DISTINCT recipe FROM older_clips") == [FINGERPRINT]
    mine = sorted(hexes("clip", source, 0, 0) for source in (1, 2))
    assert column(root, "SELECT clip_id FROM latents ORDER BY ALL") == mine
    assert column(root, "SELECT clip_id FROM previews ORDER BY ALL") == mine
    assert column(root, "SELECT clip_id FROM frames") == [hexes("clip", 1, 0, 0)]
    assert column(root, "SELECT count(*) FROM runs") == [1]
    for table, schema in TABLES.items():
        assert catalogs.query(root, f"FROM {table}").column_names == schema.names
    assert catalogs.query(root, f"FROM {definitions.OLDER}").column_names == TABLES["clips"].names
    assert assert_whole(root) == 2


def assert_readers(root: Path, cache: Path) -> None:
    assert [clip.source_uri for clip in open_frames(root, cache=cache).clips] == ["/videos/1.mp4"]


def test_views_show_one_recipe(half: Path, tmp_path: Path) -> None:
    assert_apart(half)
    assert_readers(half, tmp_path / "cache")


def test_files_hold_one_recipe_each(half: Path) -> None:
    for table, counts in (("clips", [2, 2]), ("latents", [1, 2]), ("previews", [1, 2]), ("frames", [1, 1])):
        files = sorted((half / table).iterdir())
        sql = f"SELECT count(*) FROM read_parquet('{half}/{table}/*.parquet', filename = true) GROUP BY filename"
        with catalogs.open(half, read_only=False) as connection:
            found = [held for (held,) in connection.execute(f"{sql} ORDER BY ALL").fetchall()]
            assert (found, len(files)) == (counts, 2), table
            if table == "clips":
                per_file = f"SELECT count(DISTINCT recipe) FROM read_parquet('{half}/clips/*', filename = true)"
                assert connection.execute(f"{per_file} GROUP BY filename").fetchall() == [(1,), (1,)]


def test_rows_that_an_earlier_version_mixed_in_one_file(half: Path, tmp_path: Path) -> None:
    in_one_file(half)
    assert_apart(half)
    assert_readers(half, tmp_path / "cache")
    Writer.open(half, *NEW).close()
    assert [len(list((half / table).iterdir())) for table in ("clips", "latents", "previews", "frames")] == [2] * 4
    assert_apart(half)
    assert_readers(half, tmp_path / "cache")
    state = newest(locate(half))
    Writer.open(half, *NEW).close()
    assert newest(locate(half)) == state


def test_files_apart_without_notes(half: Path) -> None:
    without_notes(half)
    assert_apart(half)
    with Writer.open(half, *NEW) as writer:
        writer.put_run(run_row())
    assert_apart(half)
    state = newest(locate(half))
    assert state is not None
    assert {part.recipe for part in state.parts("latents")} == {FINGERPRINT, NEW[1]}


def test_what_is_not_noted_is_known_after_a_failure_too(root: Path) -> None:
    version_3(root)
    without_notes(root)

    def fail(clips: pa.Table) -> pa.Table:
        raise ValueError("on purpose")

    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        with pytest.raises(ValueError, match="on purpose"):
            writer.maintain(fail)
        assert writer.decided().num_rows == 4
        assert writer.older == 0


def test_the_fold_keeps_them_apart(half: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogs.writer.FOLD_AT", 2)
    with Writer.open(half, *NEW) as writer:
        for source in (1, 2, 1, 2):
            stage(half, source, recipe=NEW[1])
            writer.commit()
    state = newest(locate(half))
    assert state is not None
    assert sorted(part.recipe or "" for part in state.parts("clips")) == [FINGERPRINT, NEW[1]]
    assert column(half, "SELECT count(*) FROM clips") == [2]
    assert column(half, "SELECT count(*) FROM older_clips") == [2]


def test_nothing_is_decided_under_the_new_recipe_yet(root: Path) -> None:
    version_3(root)
    Writer.open(root, *NEW, recompute=True).close()
    assert column(root, "SELECT count(*) FROM clips") == [0]
    assert column(root, "SELECT count(*) FROM latents") == [0]
    assert column(root, "SELECT count(*) FROM older_clips") == [4]
    with pytest.raises(NoFrames):
        open_frames(root)


def test_statistics_are_of_one_recipe(root: Path) -> None:
    version_3(root)
    with Writer.open(root, *NEW, recompute=True) as writer:
        stage(root, 1, recipe=NEW[1])
        writer.commit()
    with pytest.raises(NoStatistics):  # the new clip has no latents of a face model, those that have are older
        store_statistics(root, {"run_id": "s", "started": run_row()["started"]})


def test_a_catalog_of_one_recipe_is_read_in_one_scan(root: Path) -> None:
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage_span(root, source_key(1), 0, tables([row(1)], crops=True))
        writer.commit()
    assert column(root, "SELECT count(*) FROM older_clips") == [0]
    with catalogs.open(root) as connection:
        for table in TABLES:
            definition = connection.execute(f"SELECT sql FROM duckdb_views() WHERE view_name = '{table}'").fetchall()
            assert "UNION" not in definition[0][0]
            assert "WHERE" not in definition[0][0] or table in ("metrics", "runs", *REJECTED.values())  # they are empty
