from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from sample_spans import clip_row, latent_row

from catalogs import parts
from catalogs.parts import Draft
from catalogs.schema import TABLES, conform


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for table in TABLES:
        (tmp_path / table).mkdir()
    return tmp_path


def _written(root: Path, table: str, rows: list[dict]) -> Draft:
    found = parts.draft(root, table, "part-00000002-00000000", [conform(table, [row]) for row in rows])
    os.replace(found.temporary, root / found.part.file)
    return found


def test_a_draft_is_invisible_to_a_glob(root: Path) -> None:
    found = parts.draft(root, "clips", "part-00000002-00000000", [conform("clips", [clip_row(1)])])
    assert not found.temporary.name.endswith((".parquet", ".span"))
    assert list(root.glob("**/*.parquet")) == []
    assert found.part.rows == 1
    assert found.part.bytes == found.temporary.stat().st_size


def test_rows_are_sorted_and_come_back_exactly(root: Path) -> None:
    part = _written(root, "clips", [clip_row(source) for source in range(20)]).part
    rows = parts.read(root, "clips", part)
    assert rows.schema.equals(TABLES["clips"], check_metadata=True)
    assert rows["clip_id"].to_pylist() == sorted(rows["clip_id"].to_pylist())
    assert rows.equals(conform("clips", [clip_row(source) for source in range(20)]).sort_by("clip_id"))
    assert parts.read(root, "clips", part, ["status", "clip_id"]).column_names == ["status", "clip_id"]
    assert parts.read_all(root, "clips", [part, part], ["clip_id"]).num_rows == 40
    assert parts.read_all(root, "clips", []).schema == TABLES["clips"]


def test_files_carry_units_and_version(root: Path) -> None:
    part = _written(root, "latents", [latent_row("a")]).part
    schema = pq.read_schema(root / part.file)
    assert schema.metadata[b"vasari.table"] == b"latents"
    assert schema.field("pose").metadata[b"dim"] == b"6"


def test_latents_are_plain_zstd_in_groups_of_fifty(root: Path) -> None:
    part = _written(root, "latents", [latent_row(f"{row:03d}", seed=row) for row in range(120)]).part
    metadata = pq.ParquetFile(root / part.file).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [50, 50, 20]
    pose = metadata.row_group(0).column(2)
    assert pose.compression == "ZSTD"
    assert not pose.has_dictionary_page
    assert "PLAIN" in pose.encodings


def test_large_rows_make_small_groups(root: Path) -> None:
    rows = [{"clip_id": str(row), "frames": 1, "size": 8, "crops": [bytes(30 << 20)]} for row in range(5)]
    part = _written(root, "frames", rows).part
    metadata = pq.ParquetFile(root / part.file).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [2, 2, 1]


def test_duckdb_reads_halves_as_floats(root: Path) -> None:
    row = latent_row("a", frames=9)
    file = root / _written(root, "latents", [row]).part.file
    pose, kind, dynamics = duckdb.execute(f"SELECT pose, typeof(audio), dynamics FROM '{file}'").fetchall()[0]
    assert kind == "FLOAT[]"
    assert dynamics is None
    np.testing.assert_array_equal(np.reshape(pose, (9, 6)), row["pose"].astype(np.float16))


def test_stems_are_never_used_twice() -> None:
    stems = {parts.new_stem(7) for _ in range(100)}
    assert len(stems) == 100
    assert all(parts.PART_NAME.fullmatch(stem + ".parquet") for stem in stems)
    assert parts.PART_NAME.fullmatch(f"{stems.pop()}-3.parquet")
