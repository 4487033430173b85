"""Remote sources as local files: one download a source, removed when the next one comes."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pytest

from pipeline.extraction.source_cache import SourceCache
from pipeline.listing.faults import SourceFault
from tests.made.inline import Inline


@pytest.fixture
def remote() -> str:
    folder = "memory://local_files"
    for name in ("a.mp4", "b.mp4"):
        with fsspec.open(f"{folder}/{name}", "wb") as file:
            file.write(name.encode())
    return folder


def test_a_local_file_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x")
    files = SourceCache(Inline(), 5.0)
    assert files.local(str(path)) == str(path)
    files.close()
    assert path.exists()


def test_a_copy_lives_until_the_next_source(remote: str) -> None:
    files = SourceCache(Inline(), 5.0)
    first = files.local(f"{remote}/a.mp4")
    assert Path(first).read_bytes() == b"a.mp4"
    assert first.endswith(".mp4")
    assert files.local(f"{remote}/a.mp4") == first
    second = files.local(f"{remote}/b.mp4")
    assert Path(second).read_bytes() == b"b.mp4"
    assert not os.path.exists(first)
    files.close()
    assert not os.path.exists(second)
    files.close()


def test_after_a_source_that_is_not_there_the_next_one_works(remote: str) -> None:
    files = SourceCache(Inline(), 5.0)
    first = files.local(f"{remote}/a.mp4")
    with pytest.raises(SourceFault, match=r"missing\.mp4: cannot be read \(FileNotFoundError.*check the path"):
        files.local(f"{remote}/missing.mp4")
    assert not os.path.exists(first)
    assert Path(files.local(f"{remote}/a.mp4")).read_bytes() == b"a.mp4"
    files.close()
