"""The lock file: sorted, made to be committed, and what is said when it changes or is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.weights import lock_file
from models.weights.store import Kept, Stamp, WeightsMissing
from tests.made.weights import own_store

ONE, TWO = "1" * 64, "2" * 64


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own_store(tmp_path, monkeypatch)
    return tmp_path / "weights.lock"


def kept(name: str, sha256: str) -> Kept:
    return Kept(name, sha256, f"the source of {name}", "now", False, {"net.pth": Stamp(sha256, 1, 1)})


def test_it_lies_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VASARI_WEIGHTS_LOCK")
    monkeypatch.chdir(tmp_path)
    assert lock_file.place() == tmp_path / "weights.lock"


def test_entries_are_written_read_changed_and_removed(lock: Path) -> None:
    assert lock_file.locked("b") is None
    assert lock_file.write(kept("b", ONE)) == f"{lock}: b is locked to sha256 {ONE}; commit this file"
    lock_file.write(kept("a", TWO))
    assert list(json.loads(lock.read_text())) == ["a", "b"]
    assert lock_file.locked("b") == {"files": {"net.pth": ONE}, "sha256": ONE, "source": "the source of b"}
    assert lock_file.write(kept("b", ONE)) == ""
    assert lock_file.write(kept("b", TWO)) == f"{lock}: b was locked to sha256 {ONE}, now to {TWO}"
    assert lock_file.remove("b") == f"{lock}: b was locked to sha256 {TWO}, now to none: the published file is in use"
    assert lock_file.remove("b") == ""
    assert lock_file.locked("b") is None
    lock_file.remove("a")
    assert not lock.exists()


def test_its_bytes_do_not_depend_on_the_order_of_writing(lock: Path) -> None:
    lock_file.write(kept("a", ONE))
    lock_file.write(kept("b", TWO))
    first = lock.read_bytes()
    lock.unlink()
    lock_file.write(kept("b", TWO))
    lock_file.write(kept("a", ONE))
    assert lock.read_bytes() == first
    assert first.endswith(b"}\n")


@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\n{}", "[]", '{"a": {}}', '{"a": 1}', '{"a": {"sha256": "1", "files": 2}}']
)
def test_a_broken_file_is_named_with_the_next_step(lock: Path, text: str) -> None:
    lock.write_text(text)
    with pytest.raises(
        WeightsMissing, match=rf"^{lock} is not a lock file of weights .*repair it, or delete it and run"
    ):
        lock_file.locked("a")
