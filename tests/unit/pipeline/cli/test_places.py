"""Arguments that name places are looked at before work begins, and nothing is left behind by looking."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.cli.places import file_to_write, folder_to_write, given, local
from pipeline.errors import UsageError

JOB_MARK = "RAY_JOB_CONFIG_JSON_ENV_VAR"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a file and a folder."""
    monkeypatch.delenv(JOB_MARK, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_places_that_can_be_written(here: Path) -> None:
    assert file_to_write("new/deep/a.html", "--out", "r.html") == here / "new/deep/a.html"
    assert file_to_write("file", "--out", "r.html") == here / "file"
    assert file_to_write(f"file://{here}/a%20b", "--out", "r.html") == here / "a b"
    assert folder_to_write("folder/", "--out") == here / "folder"
    assert folder_to_write("new/deep", "--out") == here / "new/deep"
    assert sorted(path.name for path in here.rglob("*")) == ["file", "folder"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("folder", "folder is a folder: name the file to write, for example .*/folder/r.html"),
        ("new/", "new/ is a folder"),
        ("file/a.html", "file is no folder"),
        ("file/deep/a.html", "file is no folder"),
        ("/dev/null", "no file but a device"),
        ("/proc/a.html", "nothing can be written in /proc .*choose another place"),
        ("s3://bucket/a.html", "is no path of this machine"),
    ],
)
def test_files_that_cannot_be_written(here: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=f"^--out.*{says}"):
        file_to_write(text, "--out", "r.html")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file", "file is a file: name a folder"),
        ("file/deep", "file is a file|file is no folder"),
        ("/dev/null", "is a file"),
        ("/proc/deep/a", "nothing can be written in /proc"),
        ("gs://bucket/a", "is no path of this machine"),
    ],
)
def test_folders_that_cannot_be_written(here: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=f"^--out.*({says})"):
        folder_to_write(text, "--out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(here: Path) -> None:
    (here / "folder").chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        file_to_write("folder/a.html", "--out", "r.html")


def test_inputs_may_be_remote(here: Path) -> None:
    assert given("s3://bucket/a.png", "--source") == "s3://bucket/a.png"
    assert given("zip://a.png::/data/a.zip", "--source") == "zip://a.png::/data/a.zip"
    assert given(f"file:{here}/a%20b.png", "--source") == f"{here}/a b.png"
    assert given("a.png", "--source") == f"{here}/a.png"
    with pytest.raises(UsageError, match="^--source: .*Windows"):
        given("C:\\a.png", "--source")


def test_a_submitted_job_refuses_relative_paths(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JOB_MARK, "{}")
    assert local("/a/b", "--out") == Path("/a/b")
    assert local("file:///a/b", "--out") == Path("/a/b")
    for place in (local, given, folder_to_write):
        with pytest.raises(UsageError, match="^--out a/b: a submitted job runs in a copy"):
            place("a/b", "--out")
