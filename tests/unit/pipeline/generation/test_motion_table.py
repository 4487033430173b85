"""Motion as a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from pipeline.faces.provenance import Provenance
from pipeline.generation.motion_table import SCHEMA, write_motion

NOTE = Provenance("Synthetic.", '{"synthetic": true}')


def test_a_row_a_frame_with_the_note_beside(tmp_path: Path) -> None:
    motion = torch.randn(7, 11)
    out = tmp_path / "new" / "motion.parquet"
    assert write_motion(out, iter(motion.split(3)), NOTE) == 7
    table = pq.read_table(out)
    assert table.schema.equals(SCHEMA)
    assert table["frame"].to_pylist() == list(range(7))
    assert table["seconds"].to_pylist() == pytest.approx([i / 25 for i in range(7)])
    torch.testing.assert_close(torch.tensor(table["face_pose"].to_pylist()), motion[:, :6])
    torch.testing.assert_close(torch.tensor(table["dynamics"].to_pylist()), motion[:, 6:])
    assert pq.read_schema(out).metadata[b"comment"] == b"Synthetic."


def test_rows_lie_in_groups_of_a_minute(tmp_path: Path) -> None:
    out = tmp_path / "motion.parquet"
    assert write_motion(out, iter(torch.randn(4000, 11).split(45)), NOTE) == 4000
    groups = pq.ParquetFile(out).metadata
    assert [groups.row_group(at).num_rows for at in range(groups.num_row_groups)] == [1530, 1530, 940]
    assert pq.read_table(out)["frame"].to_pylist() == list(range(4000))


def test_half_a_file_is_none(tmp_path: Path) -> None:
    def motions() -> Iterator[torch.Tensor]:
        yield torch.zeros(2, 11)
        raise ValueError("spoiled")

    with pytest.raises(ValueError, match="spoiled"):
        write_motion(tmp_path / "motion.parquet", motions(), NOTE)
    assert list(tmp_path.iterdir()) == []
