"""Warps that landmarks teach are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.face.model import FaceModel
from models.face.presets import TINY, Preset
from pipeline.faces.training_clips import Pool
from pipeline.faces.warping import warped_at
from tests.made.training import SHORT

TRAINING = replace(SHORT, warp_units=1)
LEARNED = replace(TINY, pose="learned")


def untrained(preset: Preset = TINY) -> FaceModel:
    torch.manual_seed(0)
    return FaceModel(preset)


def test_warps_are_taught_once_and_kept(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training, path, said = replace(TRAINING, warp_steps=2), tmp_path / "warps.pt", []
    first, other = untrained(), untrained()
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    warped_at(path, first, pool, training, lambda step, error: said.append((step, error)))
    assert torch.equal(torch.rand(1), wanted)  # what is drawn at random afterwards does not depend on who taught
    assert [step for step, _ in said] == [0, 1]
    assert all(0 < error < 0.2 for _, error in said)
    assert [each.name for each in tmp_path.iterdir()] == ["warps.pt"]
    fresh = dict(untrained().named_parameters())
    moved = {name.split(".")[0] for name, value in first.named_parameters() if not torch.equal(value, fresh[name])}
    assert moved == {"identity", "dynamics", "to_canonical", "from_canonical"}
    monkeypatch.setattr("pipeline.faces.warping.train_warps", None)
    warped_at(path, other, pool, training, lambda step, error: None)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
