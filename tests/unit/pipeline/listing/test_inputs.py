"""Listing: files, folders, globs, URIs and manifests; everything once, in a fixed order, nothing dropped."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import fsspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.place import MANIFESTS
from pipeline.errors import InputError
from pipeline.listing.inputs import Source, list_sources, source_key
from tests.made.serve_folder import serve

TREE = (
    "b.mp4",
    "a.MP4",
    "notes.txt",
    "list.csv",
    "noending",
    "sub/c.mov",
    "sub/deep/d.mp4",
    ".hidden.mp4",
    ".cache/e.mp4",
)
VISIBLE = sorted(name for name in TREE if not name.startswith("."))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    for name in TREE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def listed(*inputs: object, limit: int | None = None) -> list[str]:
    return [source.uri for source in list_sources([str(text) for text in inputs], limit)]


def test_a_folder_lists_everything_but_hidden_names(tree: Path) -> None:
    assert listed(tree) == [f"{tree}/{name}" for name in VISIBLE]


def test_inputs_keep_their_order_and_limit_cuts(tree: Path) -> None:
    inputs = (tree / "sub", tree / "b.mp4", tree)
    expected = [f"{tree}/{name}" for name in ("sub/c.mov", "sub/deep/d.mp4", "b.mp4", "a.MP4")]
    assert listed(*inputs, limit=4) == expected
    assert len(listed(*inputs)) == len(VISIBLE)
    with pytest.raises(InputError, match="limit must be at least 1"):
        listed(tree, limit=0)


def test_overlapping_spellings_are_one_source(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    spellings = ("clips/b.mp4", "./clips/../clips/b.mp4", (tree / "b.mp4").as_uri(), "clips/*.mp4", "clips/**/b.mp4")
    assert listed(*spellings) == [f"{tree}/b.mp4"]


def test_globs(tree: Path) -> None:
    assert listed(tree / "*.mp4") == [f"{tree}/b.mp4"]
    assert listed(tree / "**" / "*.mp4") == [f"{tree}/b.mp4", f"{tree}/sub/deep/d.mp4"]
    assert listed(tree / "**" / "deep") == [f"{tree}/sub/deep/d.mp4"]
    assert listed(tree / "s*") == [f"{tree}/sub/c.mov", f"{tree}/sub/deep/d.mp4"]
    assert listed(tree / "**") == listed(tree / "*") == listed(tree)
    assert listed(tree / ".h*") == [f"{tree}/.hidden.mp4"]


def test_a_name_with_glob_signs_is_a_name_when_it_is_there(tree: Path) -> None:
    folder = tree / "[x]"
    folder.mkdir()
    (folder / "take[1].mp4").touch()
    for text in (folder / "take[1].mp4", folder, folder / "*.mp4", folder / "**" / "*.mp4"):
        assert listed(text) == [f"{folder}/take[1].mp4"]


def test_links_between_folders_end(tree: Path) -> None:
    (tree / "sub" / "loop").symlink_to(tree)
    (tree / "sub" / "again").symlink_to(tree / "sub")
    (tree / "0link").symlink_to(tree / "sub")
    (tree / "broken.mp4").symlink_to(tree / "gone.mp4")
    expected = sorted([f"{tree}/{name}" for name in VISIBLE] + [f"{tree}/broken.mp4"])
    assert listed(tree) == expected
    assert listed(tree / "**") == expected
    assert listed(tree, tree / "0link") == expected
    assert listed(tree / "0link")[0] == f"{tree}/0link/c.mov"


def test_pipes_and_devices_are_not_clips(tree: Path) -> None:
    os.mkfifo(tree / "pipe.mp4")
    assert f"{tree}/pipe.mp4" not in listed(tree)
    with pytest.raises(InputError, match="neither a file nor a folder"):
        listed(tree / "pipe.mp4")


def test_a_catalog_among_the_clips_is_left_out(tree: Path) -> None:
    (tree / "catalog" / MANIFESTS).mkdir(parents=True)
    (tree / "catalog" / "part-0.parquet").touch()
    assert listed(tree) == [f"{tree}/{name}" for name in VISIBLE]


def test_what_matches_nothing_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "empty").mkdir()
    for text in ("gone.mp4", "*.avi", "**/*.avi", "empty", "gone/**/*.mp4", "memory:///sources/gone"):
        with pytest.raises(InputError) as error:
            listed(tree, text if "://" in text else tree / text)
        assert text in str(error.value)
    with pytest.raises(InputError, match="no input given"):
        list_sources([])
    monkeypatch.delenv("RAY_JOB_CONFIG_JSON_ENV_VAR", raising=False)
    with pytest.raises(InputError, match=r"input gone: is not there; check the spelling$"):
        listed("gone")


def test_inside_a_submitted_job_the_error_speaks_of_absolute_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")
    with pytest.raises(InputError, match="submitted job runs in a copy of its working directory.*absolute"):
        listed("gone/*.mp4")
    with pytest.raises(InputError, match="gone: is not there; check the spelling$"):
        listed("/gone")


def test_a_manifest_gives_its_rows_in_order_and_missing_files_too(tree: Path) -> None:
    (tree / "list.csv").write_text(
        "uri,subject_id,start_s,end_s\ngone.mp4,anna,,\nb.mp4,,0,2\nb.mp4,,2,4\nb.mp4,,0,2\n"
    )
    assert list_sources([f"{tree}/list.csv"]) == [
        Source(f"{tree}/gone.mp4", "anna"),
        Source(f"{tree}/b.mp4", start_s=0.0, end_s=2.0),
        Source(f"{tree}/b.mp4", start_s=2.0, end_s=4.0),
    ]
    assert listed(tree / "*.csv") == listed(tree / "list.csv")
    (tree / "list.csv").write_text("uri\n")
    with pytest.raises(InputError, match="no rows"):
        listed(tree / "list.csv")


def test_what_only_one_naming_says_is_kept(tree: Path) -> None:
    (tree / "list.csv").write_text("uri,subject_id,split\nb.mp4,anna,\nb.mp4,,train\n")
    expected = Source(f"{tree}/b.mp4", "anna", "train")
    assert expected in list_sources([str(tree), f"{tree}/list.csv"])
    (tree / "list.csv").write_text("uri,subject_id\nb.mp4,anna\nb.mp4,bert\n")
    with pytest.raises(InputError, match="b.mp4: listed with subject_id 'anna' and again with 'bert'"):
        list_sources([f"{tree}/list.csv"])


def test_memory_files_folders_and_globs() -> None:
    memory = fsspec.filesystem("memory")
    for name in TREE:
        memory.pipe_file(f"/sources/{name}", b"x")
    base = "memory:///sources"
    assert listed(base) == listed(base + "/") == listed(base + "/**") == [f"{base}/{name}" for name in VISIBLE]
    assert listed(f"{base}/b.mp4", f"{base}/*.mp4") == [f"{base}/b.mp4"]
    assert listed(f"{base}/**/*.mp4") == [f"{base}/b.mp4", f"{base}/sub/deep/d.mp4"]
    assert listed(f"{base}/s?b") == [f"{base}/sub/c.mov", f"{base}/sub/deep/d.mp4"]
    memory.rm("/sources", recursive=True)


def test_zip_files_folders_and_globs(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    with zipfile.ZipFile("clips.zip", "w") as archive:
        for name in TREE:
            archive.write(tree / name, name)
    end = f"::{tree.parent}/clips.zip"
    for text in ("zip::clips.zip", f"zip://{end}", "zip://**::./clips.zip"):
        assert listed(text) == [f"zip://{name}{end}" for name in VISIBLE]
    assert listed("zip://sub::clips.zip") == [f"zip://sub/c.mov{end}", f"zip://sub/deep/d.mp4{end}"]
    assert listed("zip://b.mp4::clips.zip", "zip://*.mp4::clips.zip") == [f"zip://b.mp4{end}"]
    with pytest.raises(InputError, match=r"zip://gone.mp4::.*is not there"):
        listed("zip://gone.mp4::clips.zip")


def test_web_files_folders_and_globs(tree: Path) -> None:
    with serve(tree) as address:
        assert listed(f"{address}/b.mp4") == [f"{address}/b.mp4"]
        expected = [f"{address}/{name}" for name in VISIBLE]
        assert listed(f"{address}/") == expected
        assert (
            listed(f"{address}/sub")
            == listed(f"{address}/sub/")
            == [f"{address}/sub/c.mov", f"{address}/sub/deep/d.mp4"]
        )
        assert listed(f"{address}/*.mp4") == [f"{address}/b.mp4"]
        with pytest.raises(InputError, match=r"gone\.mp4: is not there"):
            listed(f"{address}/gone.mp4")


def test_source_key_follows_uri_stamp_and_span_only() -> None:
    source = Source("/a.mp4", "anna", "train", 0.0, 2.0)
    key = source_key(source, "1:2")
    assert len(key) == 32
    assert int(key, 16) >= 0
    assert key == source_key(Source("/a.mp4", start_s=0.0, end_s=2.0), "1:2")
    others = [source_key(Source("/b.mp4", start_s=0.0, end_s=2.0), "1:2"), source_key(source, "1:3")]
    others += [source_key(Source("/a.mp4"), "1:2"), source_key(Source("/a.mp4", None, None, None, 2.0), "1:2")]
    assert len({key, *others}) == 5


names = st.text("ab.é [*?", min_size=1, max_size=6).filter(lambda s: s not in (".", ".."))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.lists(names, min_size=1, max_size=3).map(tuple), min_size=1, max_size=6), st.data())
def test_any_tree_is_listed_once_and_sorted(
    tmp_path_factory: pytest.TempPathFactory, paths: set, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("tree")
    made = set()
    for parts in sorted(paths):
        path = root.joinpath(*parts)
        if not any(parent.is_file() for parent in path.parents) and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            if not any(part.startswith(".") for part in parts):
                made.add(str(path))
    inputs = data.draw(st.permutations([str(root), f"{root}/", *made]))
    if not made:
        with pytest.raises(InputError):
            listed(root)
        return
    assert listed(root) == sorted(made)
    assert set(listed(*inputs)) == made
    assert len(listed(*inputs)) == len(made)
