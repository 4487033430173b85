"""One spelling a URI, and what is asked of the bytes behind it, local and remote."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.listing.uris import canonical, content_hash, join, local_copy, open_fs, parent, stamp, suffix
from tests.made.serve_folder import serve


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "a clip.MP4"
    path.write_bytes(b"moving pictures" * 100_000)
    return path


def test_spellings_of_one_local_file(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    spellings = [
        "a clip.MP4",
        "./a clip.MP4",
        "sub/../a clip.MP4",
        str(clip),
        clip.as_uri(),
        f"{tmp_path}//./a clip.MP4",
    ]
    assert {canonical(text) for text in spellings} == {str(clip)}


def test_an_absolute_path_is_local_whatever_it_holds() -> None:
    for path in ("/v/a::b.mp4", "/v/zip::c.mp4", "/v/a*.mp4"):
        assert canonical(path) == path


def test_dots_step_out_of_the_folder_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "inner")
    assert canonical(f"{tmp_path}/link/../x.mp4") == f"{tmp_path}/real/x.mp4"


def test_chains_end_in_an_absolute_path_and_lose_their_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert canonical("zip://x.mp4::a.zip") == f"zip://x.mp4::{tmp_path}/a.zip"
    assert canonical("zip::a.zip") == f"zip://::{tmp_path}/a.zip"
    assert canonical("simplecache::s3://bucket/x.mp4") == "s3://bucket/x.mp4"


def test_relative_to_a_folder() -> None:
    assert canonical("x.mp4", "/data/lists") == "/data/lists/x.mp4"
    assert canonical("../x.mp4", "s3://bucket/lists") == "s3://bucket/x.mp4"
    assert canonical("x.mp4", "zip://lists::/a.zip") == "zip://lists/x.mp4::/a.zip"
    assert canonical("/abs/x.mp4", "s3://bucket/lists") == "/abs/x.mp4"
    assert parent("zip://lists/a.csv::/a.zip") == "zip://lists::/a.zip"
    assert (parent("/a.csv"), parent("zip://a.csv::/a.zip")) == ("/", "zip://::/a.zip")


@given(st.lists(st.text("abé_-1 ", min_size=1).filter(lambda s: s.strip()), min_size=1, max_size=4))
def test_join_and_parent_undo_each_other(names: list[str]) -> None:
    folder = "s3://bucket/" + "/".join(names)
    assert parent(join(folder, "x.mp4")) == folder
    assert canonical(canonical("/".join(names))) == canonical("/".join(names))


def test_suffix_is_that_of_the_first_link_without_its_query() -> None:
    assert suffix("/a/b.MOV") == ".mov"
    assert suffix("zip://in/x.mp4::/a.zip") == ".mp4"
    assert suffix("https://host/x.mp4?token=a.b/c.d") == ".mp4"
    assert suffix("/a.b/c") == ""


def test_stamp_changes_with_size_and_time(clip: Path) -> None:
    before = stamp(str(clip))
    assert before == f"{clip.stat().st_size}:{clip.stat().st_mtime_ns}"
    os.utime(clip, ns=(1, 1))
    assert stamp(str(clip)) != before
    with pytest.raises(OSError, match="gone.mp4"):
        stamp(str(clip.with_name("gone.mp4")))


def test_hash_and_copy_of_a_local_file(clip: Path) -> None:
    assert content_hash(str(clip)) == hashlib.blake2b(clip.read_bytes(), digest_size=16).hexdigest()
    with local_copy(str(clip)) as path:
        assert path == str(clip)
    assert clip.exists()


def test_hash_copy_and_stamp_through_zip_memory_and_http(tmp_path: Path, clip: Path) -> None:
    content = clip.read_bytes()
    with zipfile.ZipFile(tmp_path / "clips.zip", "w") as archive:
        archive.write(clip, "in/clip.mp4")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/uris/clip.mp4", content)
    with serve(tmp_path) as address:
        for uri in (
            f"zip://in/clip.mp4::{tmp_path}/clips.zip",
            "memory:///uris/clip.mp4",
            f"{address}/a%20clip.MP4",
        ):
            assert content_hash(uri) == content_hash(str(clip))
            assert stamp(uri) == stamp(uri)
            assert stamp(uri).startswith(f"{len(content)}:")
            assert len(stamp(uri)) > len(f"{len(content)}:")
            with local_copy(uri) as path:
                assert Path(path).read_bytes() == content
                assert Path(path).suffix == ".mp4"
            assert not Path(path).exists()
        before = stamp(f"{address}/a%20clip.MP4")
        os.utime(clip, (1_000_000, 1_000_000))
        assert stamp(f"{address}/a%20clip.MP4") != before
        with pytest.raises(OSError, match=r"gone\.mp4"):
            stamp(f"{address}/gone.mp4")
    memory.rm("/uris", recursive=True)


def test_copy_is_removed_after_an_error() -> None:
    fsspec.filesystem("memory").pipe_file("/uris/x.mp4", b"x")
    with pytest.raises(RuntimeError), local_copy("memory:///uris/x.mp4") as path:
        raise RuntimeError
    assert not os.path.exists(path)


def test_unknown_protocol_is_an_input_error() -> None:
    with pytest.raises(InputError, match="nosuch://x"):
        open_fs("nosuch://x")
