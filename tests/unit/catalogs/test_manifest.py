from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from catalogs.errors import CatalogBusy, CatalogDamaged, VersionMismatch
from catalogs.manifest import KEEP, Manifest, Part, check_version, newest, prune, publish
from catalogs.schema import VERSION
from catalogs.storage import Storage, at

FIRST = Manifest(1, VERSION, "f", {"stages": []}, {"clips": (Part("clips/part-a.parquet", 3, 100),)})


@pytest.fixture
def files(tmp_path: Path) -> Storage:
    return at(tmp_path)


def test_the_newest_is_the_truth(files: Storage) -> None:
    assert newest(files) is None
    assert newest(at(files.root / "nowhere")) is None
    publish(files, FIRST)
    publish(files, replace(FIRST, sequence=2, tables={}))
    assert newest(files) == replace(FIRST, sequence=2, tables={})
    assert sorted(os.listdir(files.root / "_manifest")) == ["00000001.json", "00000002.json"]
    assert FIRST.files() == {"clips/part-a.parquet"}
    assert FIRST.parts("runs") == ()


def test_a_number_is_published_once(files: Storage) -> None:
    publish(files, FIRST)
    with pytest.raises(CatalogBusy, match="another writer"):
        publish(files, replace(FIRST, fingerprint="g"))
    assert newest(files) == FIRST
    assert os.listdir(files.root / "_manifest") == ["00000001.json"]


def test_unfinished_files_are_not_seen(files: Storage) -> None:
    publish(files, FIRST)
    (files.root / "_manifest" / ".00000002.abcd.tmp").write_text('{"sequence": 2')
    assert newest(files) == FIRST


def test_the_last_few_are_kept(files: Storage) -> None:
    for sequence in range(1, 10):
        publish(files, replace(FIRST, sequence=sequence))
    prune(files)
    assert sorted(os.listdir(files.root / "_manifest")) == [f"{n:08d}.json" for n in range(10 - KEEP, 10)]


def test_a_manifest_pruned_while_reading_is_looked_up_again(files: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(files, FIRST)
    real = Storage.open_input
    calls = []

    def vanish_once(self: Storage, name: str) -> pa.NativeFile:
        calls.append(name)
        if len(calls) == 1:
            publish(files, replace(FIRST, sequence=2))
            self.delete([name])
        return real(self, name)

    monkeypatch.setattr(Storage, "open_input", vanish_once)
    assert newest(files) == replace(FIRST, sequence=2)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tables": {"clips": [{"name": 1}]}}'])
def test_a_broken_manifest_is_named(files: Storage, text: str) -> None:
    with files.put("_manifest/00000007.json") as draft:
        draft.write_text(text)
    with pytest.raises(CatalogDamaged, match="00000007.json"):
        newest(files)


def test_other_versions_say_what_to_do(files: Storage) -> None:
    check_version(files, FIRST)
    with pytest.raises(VersionMismatch, match="update the code"):
        check_version(files, replace(FIRST, version=str(int(VERSION) + 1)))
    with pytest.raises(VersionMismatch, match="extract again"):
        check_version(files, replace(FIRST, version="1"))
