from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from catalogs import commit, parts
from catalogs import manifest as manifests
from catalogs.commit import Change, groups, in_set, not_in_set, sweep, sweep_work
from catalogs.errors import CatalogBusy, CatalogDamaged
from catalogs.manifest import Manifest, Part
from catalogs.place import PART_NAME, locate
from catalogs.schema import TABLES, conform, empty
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, latent_row, run_row

NOTHING = Manifest(0, "1", FINGERPRINT, RECIPE, {})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in (*TABLES, "_manifest", "_work"):
        (tmp_path / folder).mkdir()
    return tmp_path


@pytest.fixture
def state(root: Path) -> Manifest:
    """Three parts of latents with clips a to c, d to f, g to i."""
    found = Change(locate(root), NOTHING).commit()
    for names in ("abc", "def", "ghi"):
        change = Change(locate(root), found)
        change.add("latents", [conform("latents", [latent_row(name)]) for name in names])
        found = change.commit()
    return found


def _latents(root: Path, state: Manifest) -> list[str]:
    return [
        "".join(parts.read(locate(root), "latents", part, ["clip_id"])["clip_id"].to_pylist())
        for part in state.parts("latents")
    ]


def test_tables_always_have_exactly_one_empty_file_or_none(root: Path, state: Manifest) -> None:
    assert [part.rows for part in state.parts("clips")] == [0]
    assert [part.rows for part in state.parts("latents")] == [3, 3, 3]
    assert state.parts("frames") == ()
    change = Change(locate(root), state)
    change.drop("latents", not_in_set(pa.array([], pa.string())))
    change.add("clips", [conform("clips", [clip_row(1)])])
    after = change.commit()
    assert [part.rows for part in after.parts("latents")] == [0]
    assert [part.rows for part in after.parts("clips")] == [1]
    assert len(list((root / "latents").iterdir())) == 1


def test_drop_touches_only_parts_with_rows_that_go(root: Path, state: Manifest) -> None:
    change = Change(locate(root), state)
    change.drop("latents", in_set(pa.array(["e", "x"])))
    after = change.commit()
    assert _latents(root, after) == ["abc", "ghi", "df"]
    assert {part.file for part in after.parts("latents")} & {part.file for part in state.parts("latents")} == {
        state.parts("latents")[0].file,
        state.parts("latents")[2].file,
    }


def test_nothing_to_do_is_no_change(root: Path, state: Manifest) -> None:
    change = Change(locate(root), state)
    change.add("clips", [])
    change.drop("latents", in_set(pa.array(["x"])))
    change.compact("runs")
    change.compact("metrics", in_set(pa.array(["x"])))
    assert not change


def test_compact_merges_and_drops(root: Path, state: Manifest) -> None:
    change = Change(locate(root), state)
    change.compact("latents", not_in_set(pa.chunked_array([["a", "e"], ["i"]])))
    after = change.commit()
    assert change
    assert _latents(root, after) == ["aei"]
    again = Change(locate(root), after)
    again.compact("latents")
    assert not again


def test_several_new_parts_of_one_table_have_their_own_names(root: Path, state: Manifest) -> None:
    change = Change(locate(root), state)
    for name in ("one", "two"):
        change.add("runs", [conform("runs", [run_row(name)])])
    after = change.commit()
    assert len({part.file for part in after.parts("runs")}) == 2
    assert all(PART_NAME.fullmatch(Path(part.file).name) for part in after.parts("runs"))


def test_groups_are_near_full_and_stable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "FILE_BYTES", 100)
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


def _change(root: Path, state: Manifest, source: int) -> Change:
    """A clip with its latents more."""
    row = clip_row(source)
    change = Change(locate(root), state)
    change.add("clips", [conform("clips", [row])])
    change.add("latents", [conform("latents", [latent_row(row["clip_id"])])])
    return change


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_order_of_steps(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _change(root, NOTHING, 1).commit()
    change = _change(root, first, 2)
    for table in ("clips", "latents"):
        change.replace(table, first.parts(table), [])
    steps: list[str] = []
    real = {name: getattr(os, name) for name in ("replace", "link", "unlink")}

    def take(name: str, *paths: Path) -> None:
        steps.append(f"{name} {paths[-1].parent.name}")
        real[name](*paths)

    for name in real:
        monkeypatch.setattr(os, name, partial(take, name))
    change.commit()
    assert steps == [
        "replace latents",
        "replace clips",
        "link _manifest",
        "unlink _manifest",  # its draft
        "unlink clips",
        "unlink latents",
    ]


def test_the_new_state_is_committed(root: Path) -> None:
    first = _change(root, NOTHING, 1).commit()
    second = _change(root, first, 2).commit(("other", {"stages": []}))
    assert manifests.newest(locate(root)) == second
    assert (second.sequence, second.fingerprint, second.recipe) == (2, "other", {"stages": []})
    assert len(second.parts("clips")) == 2
    assert _files(root) == second.files() | {"_manifest/00000001.json", "_manifest/00000002.json"}


def test_a_number_that_another_process_has_committed_is_refused(root: Path) -> None:
    first = _change(root, NOTHING, 1).commit()
    late = _change(root, first, 2)
    second = _change(root, first, 3).commit()
    with pytest.raises(CatalogBusy, match="another writer"):
        late.commit()
    assert manifests.newest(locate(root)) == second
    sweep(locate(root), second)
    assert _files(root) == second.files() | {"_manifest/00000001.json", "_manifest/00000002.json"}


def test_sweep_removes_only_what_a_killed_writer_left(root: Path) -> None:
    state = _change(root, NOTHING, 1).commit()
    _change(root, state, 2)  # its drafts stay
    for file in ("_manifest/.00000002.ab.tmp", "clips/notes.txt", "clips/mine.parquet", "frames/.part-00000002.tmp"):
        (root / file).write_text("x")
    (root / "latents" / f"{parts.new_stem(2)}.parquet").write_text("x")
    span = f"_work/{'0' * 32}-00000.span"
    for file in (span, "_work/.x.span.tmp"):
        (root / file).write_text("x")
    sweep(locate(root), state)
    expected = state.files() | {"_manifest/00000001.json", "clips/notes.txt", "clips/mine.parquet"}
    assert _files(root) == expected | {span, "_work/.x.span.tmp"}
    sweep_work(locate(root))
    assert _files(root) == expected | {span}


def test_sweep_never_removes_a_catalog_whose_manifest_is_lost(root: Path) -> None:
    _change(root, _change(root, NOTHING, 1).commit(), 2).commit()
    before = _files(root)
    with pytest.raises(CatalogDamaged, match="no manifest"):
        sweep(locate(root), None)
    assert _files(root) == before


def test_sweep_of_a_first_start_that_was_killed(root: Path) -> None:
    stem = parts.new_stem(1)
    for table in ("latents", "clips"):
        parts.draft(locate(root), table, stem, [empty(table)])[1].publish()
    sweep(locate(root), None)
    assert _files(root) == set()
