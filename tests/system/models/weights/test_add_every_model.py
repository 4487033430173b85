"""Every model's file in its public format goes through `add` and is then loaded as a user's file is."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import torch

from models.weights.checks import MODULES, check
from models.weights.intake import add
from models.weights.registry import REGISTRY, weights
from tests.made.weights import own_store


def test_every_published_entry_has_a_check() -> None:
    assert set(MODULES) == {name for name, entry in REGISTRY.items() if entry.files}
    assert all(importlib.util.find_spec(module) for module in MODULES.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MODULES))
def test_random_weights_in_the_public_format_are_added(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    own_store(tmp_path, monkeypatch)
    entry = weights(name)
    single = entry.files[0].name if len(entry.files) == 1 else entry.name
    file = importlib.import_module(f"tests.made.random_{name}").write(tmp_path / single)
    taken = add(entry, file)
    assert taken.said[1] == "not the published file: recorded by its own hash"
    path = weights(name).path()
    assert path == taken.kept.path
    assert path.name == (single if len(entry.files) == 1 else weights(name).sha256)
    check(name, path)
    # gigabytes: pytest would keep them for three runs
    shutil.rmtree(tmp_path)
