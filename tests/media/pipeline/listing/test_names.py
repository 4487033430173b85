"""Files of any name that a disk can hold: each is listed once, spelled as text, and decided exactly once."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.listing.inputs import Source, list_sources
from pipeline.listing.uris import canonical, content_hash, is_local, join, local_copy, local_path, parent, stamp, uri_of
from tests.made import faulty
from tests.made.inline import ask, counts, do

CAFE = b"caf\xe9.mp4"
AWKWARD = [
    "line\nbreak.mp4",
    "quote\"and'.mp4",
    "100%.mp4",
    "50%25.mp4",
    "a#1.mp4",
    "what?.mp4",
    "[x]*.mp4",
    " blanks .mp4 ",
    "comma,;.mp4",
    "back\\slash.mp4",
    "a::b.mp4",
    "\u202eright.mp4",
    "ü" * 120 + ".mp4",
]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with an awkward name that holds one video a name, each with other bytes."""
    folder = os.path.join(os.fsencode(tmp_path), b"d\xe9ss %41")
    os.mkdir(folder)
    for seed, name in enumerate([CAFE, *map(os.fsencode, AWKWARD)]):
        made = faulty.tiny_video(tmp_path / "made.mp4", seed)
        os.rename(made, os.path.join(folder, name))
    return Path(os.fsdecode(folder))


@given(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_every_path_has_one_spelling_that_is_text_and_leads_back(name: bytes) -> None:
    path = os.fsdecode(b"/clips/" + name + b"x")
    uri = uri_of(path)
    uri.encode()
    assert json.loads(json.dumps(uri)) == uri
    assert is_local(uri)
    assert local_path(uri) == path
    assert canonical(uri) == canonical(path) == uri
    assert uri_of(os.path.dirname(path)) == parent(uri) == "/clips"
    assert uri == path or uri.startswith("file:///clips/")


def test_file_uris_are_read_as_they_are_written(tmp_path: Path) -> None:
    assert canonical("file:///clips/caf%E9.mp4") == "file:///clips/caf%E9.mp4"
    assert canonical("file:///clips/caf%C3%A9.mp4") == canonical("file://localhost/clips/café.mp4") == "/clips/café.mp4"
    assert canonical("file:///clips/a#1?.mp4") == canonical(Path("/clips/a#1?.mp4").as_uri()) == "/clips/a#1?.mp4"
    assert canonical("x.mp4", "file:///d%E9ss") == "file:///d%E9ss/x.mp4"
    assert join("s3://bucket/a", "b.mp4") == "s3://bucket/a/b.mp4"


def test_bytes_behind_a_name_that_is_no_text(clips: Path) -> None:
    uri = uri_of(os.path.join(clips, os.fsdecode(CAFE)))
    assert uri.endswith("/d%E9ss%20%2541/caf%E9.mp4")
    assert stamp(uri).partition(":")[0] == str(os.stat(local_path(uri)).st_size)
    with local_copy(uri) as path:
        path.encode()
        assert content_hash(path) == content_hash(uri)
    assert not os.path.lexists(path)


def test_a_folder_of_awkward_names_is_listed(clips: Path) -> None:
    found = [source.uri for source in list_sources([str(clips)])]
    assert sorted(map(local_path, found)) == sorted(os.path.join(clips, name) for name in os.listdir(clips))
    assert [source.uri for source in list_sources([f"{clips}/*"])] == found
    assert [source.uri for source in list_sources(found)] == found
    for uri in found:
        uri.encode()


@pytest.mark.usefixtures("without_ray")
def test_every_name_is_decided_once(clips: Path, catalog: Path) -> None:
    first = do(catalog, *(clips / name for name in os.listdir(clips)))
    assert counts(first) == (14, 14, {}, 0, 0)
    uris = {uri for (uri,) in ask(catalog, "source_uri u")}
    assert uris == {uri_of(os.path.join(clips, name)) for name in os.listdir(clips) if not name.endswith(".visits")}
    again = do(catalog, *(clips / name for name in os.listdir(clips) if not name.endswith(".visits")))
    assert counts(again) == (14, 14, {}, 0, 14)


@pytest.mark.usefixtures("without_ray")
def test_a_bad_file_of_such_a_name_fails_under_its_name(tmp_path: Path, catalog: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9\n.mp4")
    with open(path, "wb") as file:
        file.write(b"no video")
    assert counts(do(catalog, Path(os.fsdecode(path)))) == (1, 0, {}, 1, 0)
    ((uri, reason, detail),) = ask(catalog, "source_uri u, reason, detail")
    assert uri == f"file://{tmp_path}/caf%E9%0A.mp4"
    assert reason == "unreadable"
    assert detail.startswith(f"{uri}: not a readable video")


def manifest(path: Path, names: list[bytes]) -> str:
    """A manifest of these names, written as its ending says, with their bytes as they are."""
    if path.suffix == ".csv":
        with open(path, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            csv.writer(file).writerows([["uri"], *([os.fsdecode(name)] for name in names)])
    else:
        raw = pa.array(names, pa.binary())
        column = pa.StringArray.from_buffers(len(raw), *raw.buffers()[1:])
        written(path, column)
    return str(path)


def written(path: Path, uris: pa.Array) -> None:
    """A Parquet manifest; Arrow itself opens no path that is no text."""
    with open(path, "wb") as file:
        pq.write_table(pa.table({"uri": uris}), file)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_manifests_of_awkward_names(clips: Path, ending: str) -> None:
    names = sorted(map(os.fsencode, os.listdir(clips)))
    found = list_sources([manifest(clips / f"list.{ending}", names)])
    assert [os.fsencode(local_path(source.uri)) for source in found] == [os.fsencode(clips) + b"/" + n for n in names]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_manifest_in_another_encoding_is_told_from_such_names(tmp_path: Path, ending: str) -> None:
    (tmp_path / "café.mp4").touch()
    with pytest.raises(InputError, match=r"row 1, column uri: 'caf\\udce9.mp4' is not UTF-8 text and no file has that"):
        list_sources([manifest(tmp_path / f"list.{ending}", [CAFE])])


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_uris_as_bytes(clips: Path, kind: Any) -> None:
    written(clips / "list.parquet", pa.array([CAFE], kind))
    expected = uri_of(os.path.join(clips, os.fsdecode(CAFE)))
    assert list_sources([f"{clips}/list.parquet"]) == [Source(expected)]


def test_names_too_long_or_with_nul(tmp_path: Path) -> None:
    long = "x" * 5000 + ".mp4"
    (tmp_path / "list.csv").write_text(f"uri\n{long}\n")
    assert list_sources([f"{tmp_path}/list.csv"]) == [Source(f"{tmp_path}/{long}")]
    pq.write_table(pa.table({"uri": ["a\0b.mp4"]}), tmp_path / "list.parquet")
    with pytest.raises(InputError, match=r"row 1, column uri: 'a\\x00b.mp4' holds a NUL character"):
        list_sources([f"{tmp_path}/list.parquet"])


def test_names_that_lead_nowhere_are_listed(tmp_path: Path) -> None:
    os.symlink(tmp_path / "round.mp4", tmp_path / "round.mp4")
    (tmp_path / "a.mp4").touch()
    assert [source.uri for source in list_sources([str(tmp_path)])] == [f"{tmp_path}/a.mp4", f"{tmp_path}/round.mp4"]
