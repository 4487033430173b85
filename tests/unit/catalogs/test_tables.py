from __future__ import annotations

import pyarrow as pa
import pytest

from catalogs.tables import EMOTIONS, TABLES, VERSION


def _fields(parent: pa.Schema | pa.DataType) -> list[pa.Field]:
    found = list(parent)
    return found + [child for field in found if pa.types.is_struct(field.type) for child in _fields(field.type)]


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_unit_and_meaning(table: str) -> None:
    for field in _fields(TABLES[table]):
        assert field.metadata[b"unit"], field.name
        assert field.metadata[b"about"], field.name


@pytest.mark.parametrize("table", TABLES)
def test_tables_say_their_name_and_version(table: str) -> None:
    assert TABLES[table].metadata == {b"vasari.table": table.encode(), b"vasari.version": VERSION.encode()}


def test_names_are_unique() -> None:
    assert all(len(set(schema.names)) == len(schema.names) for schema in TABLES.values())


def test_units_of_angles_times_and_lists() -> None:
    clips, latents = TABLES["clips"], TABLES["latents"]
    angles = ("gaze_theta", "gaze_phi", "pitch", "yaw", "roll", "pitch_std", "yaw_std", "roll_std")
    assert all(clips.field(name).metadata[b"unit"] == b"degrees" for name in angles)
    assert all(clips.field(name).type == pa.float32() for name in angles)
    assert all(clips.field(name).type == pa.float64() for name in ("start_s", "end_s"))
    assert [child.name for child in clips.field("emotion").type] == list(EMOTIONS)
    assert clips.field("seconds").type == pa.map_(pa.string(), pa.float32())
    dims = {field.name: field.metadata.get(b"dim") for field in latents if pa.types.is_list(field.type)}
    fixed = {"pose": b"6", "gaze": b"2", "face_pose": b"6"}
    assert dims == {**fixed, "dynamics": None, "audio": None, "identity": None}
    assert all(field.type.value_type == pa.float16() for field in latents if pa.types.is_list(field.type))
    assert TABLES["frames"].field("landmarks").metadata[b"dim"] == b"1404"
