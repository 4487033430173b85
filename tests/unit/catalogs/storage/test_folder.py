"""The six verbs: a file is there whole or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalogs.storage import Draft, Entry, Storage, at, put, put_alone


@pytest.fixture
def files(tmp_path: Path) -> Storage:
    return at(tmp_path / "new" / "folder")


def _text(files: Storage, name: str) -> bytes:
    with files.open_input(name) as file:
        return file.read()


def test_a_file_is_there_once_it_is_published(files: Storage) -> None:
    draft = files.put("a/b/one.txt")
    draft.path.write_text("new")
    draft.complete()
    assert files.list("a/b") == []
    assert files.list("nowhere") == []
    draft.publish()
    assert files.list("a/b") == [Entry("a/b/one.txt", 3)]
    assert _text(files, "a/b/one.txt") == b"new"
    assert files.uri("a/b/one.txt") == f"{files.uri()}/a/b/one.txt" == str(files.root / "a/b/one.txt")


def test_who_reads_a_file_that_is_replaced_keeps_it(files: Storage) -> None:
    _written(files, "old")
    with files.open_input("one.txt") as before:
        _written(files, "newer")
        assert before.read() == b"old"
    assert _text(files, "one.txt") == b"newer"
    assert os.listdir(files.root) == ["one.txt"]


def _written(files: Storage, text: str, error: BaseException | None = None) -> None:
    with files.put("one.txt") as path:
        path.write_text(text)
        if error is not None:
            raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_after_an_error_the_old_file_is_there_and_nothing_else(files: Storage, error: BaseException) -> None:
    _written(files, "old")
    with pytest.raises(type(error)):
        _written(files, "half of", error)
    assert _text(files, "one.txt") == b"old"
    assert os.listdir(files.root) == ["one.txt"]


def test_a_file_that_cannot_be_published_leaves_nothing(files: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk gone"):
        _written(files, "new")
    assert os.listdir(files.root) == []


def test_the_bytes_are_durable_before_the_name_is_there(files: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real = {name: getattr(os, name) for name in ("fsync", "replace", "link")}

    def fsync(handle: int) -> None:
        steps.append("fsync " + os.path.basename(os.readlink(f"/proc/self/fd/{handle}")).lstrip(".").split(".")[0])
        real["fsync"](handle)

    def step(name: str) -> Callable[..., None]:
        def call(*paths: Path) -> None:
            steps.append(name)
            real[name](*paths)

        return call

    monkeypatch.setattr(os, "fsync", fsync)
    for name in ("replace", "link"):
        monkeypatch.setattr(os, name, step(name))
    with files.put("one.txt") as path:
        path.write_text("x")
    assert files.put_if_absent("two.txt", b"x")
    made, file, link = ["fsync " + files.root.parents[1].name, "fsync new"], "one", "two"
    assert sorted(steps[:2]) == sorted(made)  # the folders that were made, in those above them
    assert steps[2:] == [f"fsync {file}", "replace", "fsync folder", f"fsync {link}", "link", "fsync folder"]


def test_of_many_who_put_a_name_one_wins(files: Storage) -> None:
    together = threading.Barrier(8)

    def put_it(number: int) -> bool:
        together.wait()
        return files.put_if_absent("name", str(number).encode())

    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            won = list(pool.map(put_it, range(8)))
            assert sum(won) == 1
            assert _text(files, "name") == str(won.index(True)).encode()
            assert os.listdir(files.root) == ["name"]
            files.delete(["name"])


def test_files_that_are_not_there(files: Storage) -> None:
    files.delete(["never/was"])
    with pytest.raises(FileNotFoundError):
        files.open_input("never/was")


def test_drafts_of_killed_processes_are_found(files: Storage) -> None:
    files.put("a/one.txt").path.write_text("half")
    with files.put("a/two.txt") as path:
        path.write_text("whole")
    assert files.list("a") == [Entry("a/two.txt", 5)]
    files.discard_drafts("a")
    files.discard_drafts("nowhere")
    assert os.listdir(files.root / "a") == ["two.txt"]


def test_one_file_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draft = put(Path("made/here.txt"))
    assert isinstance(draft, Draft)
    with draft as path:
        path.write_text("x")
    assert (tmp_path / "made" / "here.txt").read_text() == "x"


def test_a_file_of_one_writer_takes_its_killed_ones_drafts_away(tmp_path: Path) -> None:
    drafts = {name: at(tmp_path).put(name).path for name in ("state.pt", "state", "state.pt.old")}
    for draft in drafts.values():
        draft.write_text("half")
    with put_alone(tmp_path / "state.pt") as path:
        path.write_text("x")
    assert [name for name, draft in drafts.items() if draft.exists()] == ["state", "state.pt.old"]
    assert (tmp_path / "state.pt").read_text() == "x"
