"""Updates of a catalog's clips in place."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from catalogs import commit as committing
from catalogs.errors import SchemaError
from catalogs.writer import Writer
from tests.made.sample_spans import (
    FINGERPRINT,
    RECIPE,
    assert_glob_is_view,
    assert_whole,
    column,
    file_names,
    hexes,
    rows_of,
    stage,
)


def test_maintaining_updates_drops_and_compacts(root: Path) -> None:
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source in range(6):
            stage(root, source)
            writer.commit()

        def update(clips: pa.Table) -> pa.Table:
            people = pa.array([f"person {uri[-5]}" for uri in clips["source_uri"].to_pylist()])
            named = clips.set_column(clips.column_names.index("subject_id"), "subject_id", people)
            return named.filter(pc.not_equal(named["source_uri"], "/videos/3.mp4"))

        assert writer.maintain(update)
        assert not writer.maintain(update)
        assert all(len(file_names(root, table)) == 1 for table in ("clips", "latents", "previews"))
        assert assert_whole(root) == 5
        assert "person 2" in column(root, "SELECT subject_id FROM clips")
        assert not writer.maintain(lambda clips: clips)
        assert writer.maintain(lambda clips: clips.slice(0, 0))
    assert assert_whole(root) == 0
    assert_glob_is_view(root)


def test_maintaining_only_touches_the_parts_concerned(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogs.commit.SMALL_SHARE", 0)  # every file counts as large
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source in range(3):
            stage(root, source)
            writer.commit()
        before = file_names(root, "latents")
        writer.maintain(lambda clips: clips.filter(pc.not_equal(clips["source_uri"], "/videos/1.mp4")))
        assert len(before - file_names(root, "latents")) == 1
        assert len(file_names(root, "latents")) == 2
    assert assert_whole(root) == 2


def test_a_clip_no_longer_accepted_loses_its_latents(root: Path) -> None:
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage(root, 1)
        stage(root, 2)
        writer.commit()

        def update(clips: pa.Table) -> pa.Table:
            rows = clips.to_pylist()
            rows[0].update(status="rejected", reason="duplicate", detail="of another")
            return pa.Table.from_pylist(rows, clips.schema)

        assert writer.maintain(update)
    assert assert_whole(root) == 2
    assert len(rows_of(root, "latents")) == 1
    assert len(rows_of(root, "previews")) == 2


def _instead(rows: list[dict], clips: pa.Table) -> pa.Table:
    """An update that returns `rows` whatever the clips are."""
    return pa.Table.from_pylist(rows, clips.schema)


def test_maintaining_refuses_what_only_a_span_can_do(root: Path) -> None:
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage(root, 1, status="rejected")
        writer.commit()
        rows = rows_of(root, "clips")
        for change, says in (
            ([*rows, {**rows[0], "clip_id": hexes("new")}], "added"),
            ([{**rows[0], "status": "accepted", "reason": None}], "accepted"),
            ([*rows, *rows], "twice"),
            ([{**rows[0], "quality": float("nan")}], "clips.quality"),
        ):
            with pytest.raises(SchemaError, match=says):
                writer.maintain(partial(_instead, change))
        assert rows_of(root, "clips") == rows
        stage(root, 2)
        assert writer.commit() == 1  # a refused update leaves a writer that works


def test_large_clips_tables_are_several_sorted_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "CLIPS_PER_FILE", 4)
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source in range(10):
            stage(root, source)
        writer.commit()
        assert not writer.maintain(lambda clips: clips)
        assert writer.maintain(lambda clips: clips.slice(1))
        assert len(file_names(root, "clips")) == 3
    ids = column(root, "SELECT clip_id FROM clips")
    assert ids == sorted(ids)
    assert len(ids) == 9
