"""Every job says at once that it cannot write where it was told to, or read what lies elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import catalogs

WRITES_A_FILE = {
    "report": ("--catalog", "CATALOG"),
    "compare": ("--catalog", "CATALOG", "--catalog", "CATALOG"),
    "reenact": ("--source", "a.png", "--driver", "b.mp4"),
}
WRITES_A_FOLDER: dict[str, tuple[str, ...]] = {
    "train_faces": ("--catalog", "CATALOG"),
    "train_sync": ("--catalog", "CATALOG"),
    "train_motion": ("--catalog", "CATALOG"),
    "evaluate_faces": ("--catalog", "CATALOG"),
    "demo": (),
}
TAKES_A_CATALOG = (
    "report",
    "query",
    "latent_statistics",
    "train_faces",
    "evaluate_faces",
    "train_sync",
    "train_motion",
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    catalogs.Writer.open(tmp_path / "catalog", {}, "r").close()
    (tmp_path / "file").write_text("")
    return tmp_path


def refused(job: Callable[..., Any], here: Path, name: str, *arguments: str) -> str:
    """The message of a job that must end with exit code 2 and leave nothing."""
    before = sorted(here.rglob("*"))
    done = job(name, *(argument.replace("CATALOG", str(here / "catalog")) for argument in arguments))
    assert (done.code, done.out) == (2, ""), done
    assert sorted(here.rglob("*")) == before
    return done.err


@pytest.mark.parametrize("name", [*WRITES_A_FILE, *WRITES_A_FOLDER])
def test_nothing_is_written_to_a_store(job: Callable[..., Any], here: Path, name: str) -> None:
    given = (WRITES_A_FILE | WRITES_A_FOLDER)[name]
    for out in ("s3://bucket/out.mp4", "file://server/out.mp4"):
        assert refused(job, here, name, *given, "--out", out).startswith(f"error: --out: {out} ")
    assert "is no folder" in refused(job, here, name, *given, "--out", "file/x/out.mp4")


@pytest.mark.parametrize("name", WRITES_A_FILE)
def test_a_folder_as_file(job: Callable[..., Any], here: Path, name: str) -> None:
    said = refused(job, here, name, *WRITES_A_FILE[name], "--out", "catalog")
    assert said.startswith(f"error: --out catalog is a folder: name the file to write, for example {here}/catalog/")


@pytest.mark.parametrize("name", WRITES_A_FOLDER)
def test_a_file_as_folder(job: Callable[..., Any], here: Path, name: str) -> None:
    said = refused(job, here, name, *WRITES_A_FOLDER[name], "--out", "file")
    assert said.startswith("error: --out file is a file: name a folder")


@pytest.mark.parametrize("name", TAKES_A_CATALOG)
def test_a_catalog_in_a_store(job: Callable[..., Any], here: Path, name: str) -> None:
    more = () if name in ("query", "latent_statistics") else ("--out", "new.html")
    assert "error: --catalog: s3://b/c is no path" in refused(job, here, name, "--catalog", "s3://b/c", *more)


@pytest.mark.parametrize(("name", "option"), [("evaluate_faces", "--checkpoint"), ("train_faces", "--start")])
def test_a_model_in_a_store(job: Callable[..., Any], here: Path, name: str, option: str) -> None:
    said = refused(job, here, name, "--catalog", "CATALOG", "--out", "new", option, "s3://b/m.safetensors")
    assert said.startswith(f"error: {option}: s3://b/m.safetensors is no path of this machine")


def test_file_uris_work(job: Callable[..., Any], here: Path) -> None:
    done = job("report", "--catalog", f"file:{here}/catalog", "--out", f"file://localhost{here}/new%20page/r.html")
    assert (done.code, done.out) == (0, f"look at: {here}/new page/r.html\n")
    assert (here / "new page/r.html").is_file()
