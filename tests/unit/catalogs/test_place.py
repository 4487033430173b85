"""Where a catalog may lie: nothing is made where something else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import BadPlace, CatalogDamaged, CatalogError
from catalogs.place import check_ground, locate
from catalogs.writer import Writer
from tests.made.sample_spans import FINGERPRINT, RECIPE, stage


def _open(root: Path) -> None:
    Writer.open(root, RECIPE, FINGERPRINT).close()


@pytest.mark.parametrize("names", [["a.mp4"], ["a.mp4", "b.mp4"], ["clips/a.mp4"], ["sub/"], ["clips/", "notes.txt"]])
def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_bytes(b"x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadPlace, match=r"is no catalog and holds other things .*empty or not there yet") as caught:
        _open(tmp_path)
    assert str(tmp_path / "catalog") in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_hidden_files_alone_do_not_count(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"x")
    _open(tmp_path)
    assert (tmp_path / "_manifest").is_dir()


def test_a_catalog_stays_one_whatever_is_put_into_it(root: Path) -> None:
    _open(root)
    (root / "report.html").write_text("x")
    _open(root)


@pytest.mark.parametrize("made", [["clips"], ["clips", "latents", "previews", "runs", "_work"], ["_manifest"]])
def test_the_beginnings_of_a_catalog_are_one(root: Path, made: list[str]) -> None:
    for name in made:
        (root / name).mkdir(parents=True)
    (root / "_lock").write_text("")
    _open(root)


def test_a_catalog_without_its_manifest_is_damaged_and_not_foreign(root: Path) -> None:
    with Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage(root, 1)
        writer.commit()
    for path in (root / "_manifest").iterdir():
        path.unlink()
    (root / "_manifest").rmdir()
    with pytest.raises(CatalogDamaged):
        _open(root)


@pytest.mark.parametrize("name", ["a.mp4", "a.mp4/catalog", "link", "link/catalog"])
def test_a_file_is_named_as_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    first = tmp_path / name.split("/")[0]
    what = "a file" if first.suffix else "a link to nothing"
    with pytest.raises(BadPlace, match=f"cannot be {tmp_path / name}: {first} is {what}; give a folder"):
        check_ground(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "link"]


def test_paths_and_file_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate("faces").root == tmp_path / "faces"
    assert locate(tmp_path).root == tmp_path
    assert locate("file:///data/my%20faces").root == Path("/data/my faces")


@pytest.mark.parametrize("uri", ["s3://bucket/faces", "gs://bucket/x", "file://server/share", "memory://x"])
def test_places_without_atomic_rename_are_refused(uri: str) -> None:
    with pytest.raises(CatalogError, match="atomic rename"):
        locate(uri)
