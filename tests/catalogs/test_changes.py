from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from sample_spans import FINGERPRINT, RECIPE, clip_row, latent_row, run_row

from catalogs import changes, parts
from catalogs.changes import Change, groups, in_set, not_in_set
from catalogs.manifest import Manifest, Part
from catalogs.schema import TABLES, conform


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in (*TABLES, "_manifest"):
        (tmp_path / folder).mkdir()
    return tmp_path


@pytest.fixture
def state(root: Path) -> Manifest:
    """Three parts of latents with clips a to c, d to f, g to i."""
    found = Change(root, Manifest(0, "1", FINGERPRINT, RECIPE, {})).publish()
    for names in ("abc", "def", "ghi"):
        change = Change(root, found)
        change.add("latents", [conform("latents", [latent_row(name)]) for name in names])
        found = change.publish()
    return found


def _latents(root: Path, state: Manifest) -> list[str]:
    return [
        "".join(parts.read(root, "latents", part, ["clip_id"])["clip_id"].to_pylist())
        for part in state.parts("latents")
    ]


def test_tables_always_have_exactly_one_empty_file_or_none(root: Path, state: Manifest) -> None:
    assert [part.rows for part in state.parts("clips")] == [0]
    assert [part.rows for part in state.parts("latents")] == [3, 3, 3]
    assert state.parts("frames") == ()
    change = Change(root, state)
    change.drop("latents", not_in_set(pa.array([], pa.string())))
    change.add("clips", [conform("clips", [clip_row(1)])])
    after = change.publish()
    assert [part.rows for part in after.parts("latents")] == [0]
    assert [part.rows for part in after.parts("clips")] == [1]
    assert len(list((root / "latents").iterdir())) == 1


def test_drop_touches_only_parts_with_rows_that_go(root: Path, state: Manifest) -> None:
    change = Change(root, state)
    change.drop("latents", in_set(pa.array(["e", "x"])))
    after = change.publish()
    assert _latents(root, after) == ["abc", "ghi", "df"]
    assert {part.file for part in after.parts("latents")} & {part.file for part in state.parts("latents")} == {
        state.parts("latents")[0].file,
        state.parts("latents")[2].file,
    }


def test_nothing_to_do_is_no_change(root: Path, state: Manifest) -> None:
    change = Change(root, state)
    change.add("clips", [])
    change.drop("latents", in_set(pa.array(["x"])))
    change.compact("runs")
    change.compact("metrics", in_set(pa.array(["x"])))
    assert not change


def test_compact_merges_and_drops(root: Path, state: Manifest) -> None:
    change = Change(root, state)
    change.compact("latents", not_in_set(pa.chunked_array([["a", "e"], ["i"]])))
    after = change.publish()
    assert change
    assert _latents(root, after) == ["aei"]
    again = Change(root, after)
    again.compact("latents")
    assert not again


def test_several_new_parts_of_one_table_have_their_own_names(root: Path, state: Manifest) -> None:
    change = Change(root, state)
    for name in ("one", "two"):
        change.add("runs", [conform("runs", [run_row(name)])])
    after = change.publish()
    assert len({part.file for part in after.parts("runs")}) == 2
    assert all(parts.PART_NAME.fullmatch(Path(part.file).name) for part in after.parts("runs"))


def test_groups_are_near_full_and_stable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "FILE_BYTES", 100)
    sizes = [24, 24, 90, 24, 24, 24, 30, 10]
    found = list(groups("latents", [Part(f"{n}", 1, size) for n, size in enumerate(sizes)]))
    assert sorted([part.bytes for part in group] for group in found) == [
        [24, 10],
        [24, 24, 24, 24],
        [30],
        [90],
    ]
    merged = [Part(f"{n}", 1, sum(part.bytes for part in group)) for n, group in enumerate(found)]
    assert all(len(group) == 1 for group in groups("latents", merged))
    assert list(groups("latents", [])) == []


def test_clips_are_grouped_by_rows() -> None:
    held = [Part("a", 60_000, 1), Part("b", 60_000, 1), Part("c", 200_000, 1)]
    assert [[part.file for part in group] for group in groups("clips", held)] == [["c"], ["a", "b"]]
