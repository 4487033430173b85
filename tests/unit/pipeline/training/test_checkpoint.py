"""What a training writes goes through the storage: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from catalogs.storage import Draft, Storage
from pipeline.training.checkpoint import load, save
from pipeline.training.curves import CURVE
from pipeline.training.fit import STATE, Session, fit
from tests.made.line import STEPS, Line


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are put."""
    names: list[str] = []
    real = Storage.put

    def put(self: Storage, name: str) -> Draft:
        names.append(name)
        return real(self, name)

    monkeypatch.setattr(Storage, "put", put)
    return names


def test_a_training_s_files_are_put(tmp_path: Path, puts: list[str]) -> None:
    fit(Line(), Session(tmp_path, log=4, preview=STEPS))
    picture = f"watch-{STEPS:06d}.png"
    assert puts == [CURVE, picture, STATE]
    events = {path.name for path in tmp_path.glob("events.out.tfevents.*")}
    assert {path.name for path in tmp_path.iterdir()} - events == {CURVE, picture, STATE}


def test_a_state_that_could_not_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save({"step": 1, "weights": torch.arange(3)}, tmp_path / STATE)

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        save({"step": 2}, tmp_path / STATE)
    assert load(tmp_path / STATE)["step"] == 1
    assert os.listdir(tmp_path) == [STATE]
