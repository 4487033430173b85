"""The store: names, hashes, what is in use, and that a changed file is noticed without hashing all files always."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from models.weights import hashes as weight_hashes
from models.weights import store as weight_store
from models.weights.store import Kept, WeightsMissing, all_kept, folder, in_use, kept_as, put, staging, use
from tests.made.weights import own_store, sha256

A, B = b"first file", b"other file"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_store(tmp_path, monkeypatch)


def keep(data: bytes = A, name: str = "made", file: str = "net.pth") -> Kept:
    with staging() as place:
        staged = place / "files"
        staged.mkdir()
        (staged / file).write_bytes(data)
        return put(name, staged, {file: sha256(data)}, "a test", published=True)


def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are hashed from now on."""
    seen: list[Path] = []

    def spy(path: Path) -> str:
        seen.append(path)
        return weight_hashes.sha256_of(path)

    monkeypatch.setattr(weight_store, "sha256_of", spy)
    return seen


def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VASARI_WEIGHTS", "~/w")
    assert folder() == Path.home() / "w"
    monkeypatch.setenv("VASARI_WEIGHTS", "w")
    assert folder() == Path.cwd() / "w"
    monkeypatch.delenv("VASARI_WEIGHTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "vasari" / "weights"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert folder() == Path.home() / ".cache" / "vasari" / "weights"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder() == Path.home() / ".cache" / "vasari" / "weights"


def test_a_file_lies_under_its_name_and_hash_and_is_in_use(store: Path) -> None:
    kept = keep()
    assert kept.path == store / "made" / sha256(A) / "net.pth"
    assert kept.checked().read_bytes() == A
    assert in_use("made") == kept == kept_as("made", sha256(A))
    assert (kept.source, kept.published) == ("a test", True)
    assert in_use("other") is None
    assert [path for path in store.iterdir() if path.name.startswith("_new")] == []


def test_another_file_replaces_it_and_the_first_stays_under_its_hash() -> None:
    first, second = keep(A), keep(B)
    assert in_use("made") == second
    assert first.checked().read_bytes() == A
    assert {kept.sha256 for kept in all_kept("made")} == {sha256(A), sha256(B)}
    use(first)
    assert in_use("made") == first


def test_an_untouched_file_is_not_hashed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep()
    seen = hashed(monkeypatch)
    kept.checked()
    assert seen == []
    kept.checked(thoroughly=True)
    assert seen == [kept.path]


def test_a_touched_file_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep()
    os.utime(kept.path, (1, 1))
    seen = hashed(monkeypatch)
    kept.checked()
    again = in_use("made")
    assert again is not None
    again.checked()
    assert seen == [kept.path]


@pytest.mark.parametrize("data", [b"longer than the file was", b"FIRST FILE"])
def test_a_changed_file_is_noticed(data: bytes) -> None:
    kept = keep()
    kept.path.write_bytes(data)
    with pytest.raises(WeightsMissing) as error:
        kept.checked()
    assert str(error.value) == (
        f"weights made: {kept.path} was changed: sha256 {sha256(data)}, recorded {sha256(A)}; "
        "run: python jobs/weights.py fetch made, or add it again"
    )
    found = in_use("made")
    assert found is not None
    with pytest.raises(WeightsMissing, match="was changed"):
        found.checked()


def test_a_change_that_keeps_size_and_date_is_found_by_a_thorough_check() -> None:
    kept = keep()
    status = kept.path.stat()
    kept.path.write_bytes(b"FIRST FILE")
    os.utime(kept.path, ns=(status.st_atime_ns, status.st_mtime_ns))
    kept.checked()
    with pytest.raises(WeightsMissing, match="was changed"):
        kept.checked(thoroughly=True)


def test_a_file_that_is_gone_is_named() -> None:
    kept = keep()
    kept.path.unlink()
    with pytest.raises(
        WeightsMissing, match=rf"weights made: {kept.path} is gone; run: .* fetch made, or add it again"
    ):
        kept.checked()


def test_keeping_it_again_repairs_it() -> None:
    keep().path.write_bytes(b"damaged")
    assert keep().checked(thoroughly=True).read_bytes() == A


def test_a_folder_without_a_record_is_not_there(store: Path) -> None:
    """Killed between the two steps of `put`."""
    kept = keep()
    (store / "made" / f"{sha256(A)}.json").unlink()
    assert in_use("made") is None
    assert all_kept("made") == []
    assert keep().checked() == kept.path


def test_several_files_are_a_folder(store: Path) -> None:
    with staging() as place:
        staged = place / "files"
        staged.mkdir()
        (staged / "a.json").write_bytes(A)
        (staged / "b.bin").write_bytes(B)
        kept = put("made", staged, {"b.bin": sha256(B), "a.json": sha256(A)}, "a test", published=False)
    assert kept.path == store / "made" / kept.sha256
    assert kept.checked(thoroughly=True) == kept.path
    (kept.path / "b.bin").write_bytes(A)
    with pytest.raises(WeightsMissing, match=r"b\.bin was changed"):
        kept.checked()


def test_unchecked_files_are_gone_after_an_error(store: Path) -> None:
    with pytest.raises(ZeroDivisionError), staging() as place:
        (place / "net.pth").write_bytes(bytes(1 // len(list(place.iterdir()))))
    assert list(store.iterdir()) == []


def test_what_a_killed_process_left_is_removed_a_day_later(store: Path) -> None:
    for name in ("_new-old", "_new-recent"):
        (store / name).mkdir(parents=True)
    os.utime(store / "_new-old", (1, 1))
    keep()
    assert sorted(path.name for path in store.glob("_new-*")) == ["_new-recent"]


def test_the_record_says_where_it_came_from_and_when(store: Path) -> None:
    kept = keep()
    record = json.loads((store / "made" / f"{sha256(A)}.json").read_text())
    assert record["source"] == "a test"
    assert record["added"].startswith("20")
    assert record["files"]["net.pth"] == {
        "sha256": sha256(A),
        "size": len(A),
        "mtime_ns": kept.path.stat().st_mtime_ns,
    }
    assert (store / "made" / "in_use").read_text() == sha256(A) + "\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_store_that_cannot_be_written_to_is_still_read(store: Path) -> None:
    kept = keep()
    os.utime(kept.path, (1, 1))
    (store / "made").chmod(0o555)
    try:
        assert kept.checked().read_bytes() == A
    finally:
        (store / "made").chmod(0o755)
