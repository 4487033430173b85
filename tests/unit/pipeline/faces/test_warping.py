"""Warps that landmarks teach are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.face.model import FaceModel
from models.face.presets import TINY, Preset
from pipeline.faces.training_clips import TrainingClips
from pipeline.faces.warping import WarpTask, warped_at
from pipeline.training.pretraining import Pretraining
from tests.made.training import SHORT

TRAINING = replace(SHORT, warp_units=1)
LEARNED = replace(TINY, pose="learned")


def untrained(preset: Preset = TINY) -> FaceModel:
    torch.manual_seed(0)
    return FaceModel(preset)


def test_warps_are_taught_once_and_kept(pool: TrainingClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training, path, said = replace(TRAINING, warp_steps=2), tmp_path / "warps.pt", []
    first, other = untrained(), untrained()
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    warped_at(path, WarpTask(first, pool, training), Pretraining(tmp_path, log=1, tell=said.append))
    assert torch.equal(torch.rand(1), wanted)  # what is drawn at random afterwards does not depend on who taught
    assert [text.partition(", ")[0] for text in said] == [f"learning warps: step {step} of 2" for step in (1, 2)]
    assert all(0 < float(text.rpartition(" ")[2]) < 0.2 for text in said)
    assert {each.name for each in tmp_path.iterdir()} == {"warps.pt", "learning_warps"}
    assert not (tmp_path / "learning_warps" / "state.pt").exists()
    fresh = dict(untrained().named_parameters())
    moved = {name.split(".")[0] for name, value in first.named_parameters() if not torch.equal(value, fresh[name])}
    assert moved == {"identity", "dynamics", "to_canonical", "from_canonical"}
    monkeypatch.setattr(Pretraining, "trained", None)
    warped_at(path, WarpTask(other, pool, training), Pretraining())
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
