from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from catalogs.errors import CatalogBusy, CatalogDamaged, VersionMismatch
from catalogs.manifest import KEEP, Manifest, Part, check_version, newest, prune, publish
from catalogs.schema import VERSION

FIRST = Manifest(1, VERSION, "f", {"stages": []}, {"clips": (Part("clips/part-a.parquet", 3, 100),)})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "_manifest").mkdir()
    return tmp_path


def test_the_newest_is_the_truth(root: Path) -> None:
    assert newest(root) is None
    assert newest(root / "nowhere") is None
    publish(root, FIRST)
    publish(root, replace(FIRST, sequence=2, tables={}))
    assert newest(root) == replace(FIRST, sequence=2, tables={})
    assert sorted(os.listdir(root / "_manifest")) == ["00000001.json", "00000002.json"]
    assert FIRST.files() == {"clips/part-a.parquet"}
    assert FIRST.parts("runs") == ()


def test_a_number_is_published_once(root: Path) -> None:
    publish(root, FIRST)
    with pytest.raises(CatalogBusy, match="another writer"):
        publish(root, replace(FIRST, fingerprint="g"))
    assert newest(root) == FIRST
    assert os.listdir(root / "_manifest") == ["00000001.json"]


def test_unfinished_files_are_not_seen(root: Path) -> None:
    publish(root, FIRST)
    (root / "_manifest" / ".00000002.abcd.tmp").write_text('{"sequence": 2')
    assert newest(root) == FIRST


def test_the_last_few_are_kept(root: Path) -> None:
    for sequence in range(1, 10):
        publish(root, replace(FIRST, sequence=sequence))
    prune(root)
    assert sorted(os.listdir(root / "_manifest")) == [f"{n:08d}.json" for n in range(10 - KEEP, 10)]


def test_a_manifest_pruned_while_reading_is_looked_up_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(root, FIRST)
    real = Path.read_text
    calls = []

    def vanish_once(path: Path, *args: object) -> str:
        calls.append(path)
        if len(calls) == 1:
            publish(root, replace(FIRST, sequence=2))
            path.unlink()
        return real(path)

    monkeypatch.setattr(Path, "read_text", vanish_once)
    assert newest(root) == replace(FIRST, sequence=2)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tables": {"clips": [{"name": 1}]}}'])
def test_a_broken_manifest_is_named(root: Path, text: str) -> None:
    (root / "_manifest" / "00000007.json").write_text(text)
    with pytest.raises(CatalogDamaged, match="00000007.json"):
        newest(root)


def test_other_versions_say_what_to_do(root: Path) -> None:
    check_version(root, FIRST)
    with pytest.raises(VersionMismatch, match="update the code"):
        check_version(root, replace(FIRST, version=str(int(VERSION) + 1)))
    with pytest.raises(VersionMismatch, match="extract again"):
        check_version(root, replace(FIRST, version="1"))
