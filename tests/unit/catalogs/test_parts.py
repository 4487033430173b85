from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from catalogs import parts
from catalogs.manifest import Part
from catalogs.place import PART_NAME
from catalogs.schema import TABLES, conform
from catalogs.storage import Storage, at
from tests.made.sample_spans import clip_row, latent_row


@pytest.fixture
def files(tmp_path: Path) -> Storage:
    return at(tmp_path)


def _written(files: Storage, table: str, rows: list[dict]) -> Part:
    part, draft = parts.draft(files, table, "part-00000002-00000000", [conform(table, [row]) for row in rows])
    draft.publish()
    return part


def test_a_draft_is_invisible_to_a_glob(files: Storage) -> None:
    part, draft = parts.draft(files, "clips", "part-00000002-00000000", [conform("clips", [clip_row(1)])])
    assert not draft.path.name.endswith((".parquet", ".span"))
    assert list(files.root.glob("**/*.parquet")) == []
    assert part.rows == 1
    assert part.bytes == draft.path.stat().st_size


def test_rows_are_sorted_and_come_back_exactly(files: Storage) -> None:
    part = _written(files, "clips", [clip_row(source) for source in range(20)])
    rows = parts.read(files, "clips", part)
    assert rows.schema.equals(TABLES["clips"], check_metadata=True)
    assert rows["clip_id"].to_pylist() == sorted(rows["clip_id"].to_pylist())
    assert rows.equals(conform("clips", [clip_row(source) for source in range(20)]).sort_by("clip_id"))
    assert parts.read(files, "clips", part, ["status", "clip_id"]).column_names == ["status", "clip_id"]
    assert parts.read_all(files, "clips", [part, part], ["clip_id"]).num_rows == 40
    assert parts.read_all(files, "clips", []).schema == TABLES["clips"]


def test_files_carry_units_and_version(files: Storage) -> None:
    part = _written(files, "latents", [latent_row("a")])
    schema = pq.read_schema(files.root / part.file)
    assert schema.metadata[b"vasari.table"] == b"latents"
    assert schema.field("pose").metadata[b"dim"] == b"6"


def test_latents_are_plain_zstd_in_groups_of_fifty(files: Storage) -> None:
    part = _written(files, "latents", [latent_row(f"{row:03d}", seed=row) for row in range(120)])
    metadata = pq.ParquetFile(files.root / part.file).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [50, 50, 20]
    pose = metadata.row_group(0).column(2)
    assert pose.compression == "ZSTD"
    assert not pose.has_dictionary_page
    assert "PLAIN" in pose.encodings


def test_large_rows_make_small_groups(files: Storage) -> None:
    rows = [{"clip_id": str(row), "frames": 1, "size": 8, "crops": [bytes(30 << 20)]} for row in range(5)]
    part = _written(files, "frames", rows)
    metadata = pq.ParquetFile(files.root / part.file).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [2, 2, 1]


def test_duckdb_reads_halves_as_floats(files: Storage) -> None:
    row = latent_row("a", frames=9)
    file = files.root / _written(files, "latents", [row]).file
    pose, kind, dynamics = duckdb.execute(f"SELECT pose, typeof(audio), dynamics FROM '{file}'").fetchall()[0]
    assert kind == "FLOAT[]"
    assert dynamics is None
    np.testing.assert_array_equal(np.reshape(pose, (9, 6)), row["pose"].astype(np.float16))


def test_stems_are_never_used_twice() -> None:
    stems = {parts.new_stem(7) for _ in range(100)}
    assert len(stems) == 100
    assert all(PART_NAME.fullmatch(stem + ".parquet") for stem in stems)
    assert PART_NAME.fullmatch(f"{stems.pop()}-3.parquet")
