"""A motion generator as a file: what comes back, and what is refused and how."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.motion.checkpoint import load_model, read_card, save_model
from models.motion.model import MotionModel
from models.motion.presets import TINY
from models.motion.space import MotionSpace
from models.runtime.checkpoint import WrongWeights
from tests.made.motion import SMALL, SPACE, conditions, motion_model, noise
from tests.root import ROOT

RECIPE = {"step": 3, "clips": [["a.mp4", "0f"]]}
CARD = {
    "motion_preset": json.dumps(SMALL.__dict__),
    "motion_space": json.dumps(SPACE.__dict__),
    "recipe": json.dumps(RECIPE),
}


@pytest.fixture
def model() -> MotionModel:
    model = motion_model()
    model.statistics.motion.fit([torch.randn(50, SPACE.motion) * 7 + 100.123])
    return model


@pytest.fixture
def path(model: MotionModel, tmp_path: Path) -> Path:
    save_model(model, RECIPE, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_a_model_comes_back_with_its_statistics_to_the_bit(model: MotionModel, path: Path) -> None:
    found = load_model(path)
    assert (found.preset, found.space) == (SMALL, SPACE)
    assert not found.training
    assert not any(value.requires_grad for value in found.parameters())
    for (name, value), (other, wanted) in zip(found.state_dict().items(), model.state_dict().items(), strict=True):
        assert name == other
        assert value.dtype == torch.float32
        if name.startswith("statistics."):
            assert torch.equal(value, wanted), name
        else:
            assert torch.allclose(value, wanted, rtol=2**-10, atol=2**-24), name
    x, t, said = noise(2), torch.tensor([500, 20]), conditions(2)
    assert torch.allclose(found(x, t, said), model(x, t, said), atol=0.05)


def test_the_card_comes_back(path: Path) -> None:
    assert read_card(path) == (SMALL, SPACE, RECIPE)


def test_tiny_is_under_12_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    save_model(MotionModel(TINY, MotionSpace(dynamics=32, audio=384, emotion=8)), {}, path)
    assert path.stat().st_size < 12_000_000
    assert read_card(path)[0] == TINY


@pytest.mark.parametrize("change", ["shape", "missing", "other"])
def test_the_first_tensor_that_differs_is_named(path: Path, tmp_path: Path, change: str) -> None:
    tensors, name = load_file(path), "network.face.blocks.1.qkv.weight"
    if change == "shape":
        tensors[name] = tensors[name][:-1].contiguous()
    elif change == "missing":
        del tensors[name]
    else:
        name = "network.spare"
        tensors[name] = torch.zeros(1)
    wrong = tmp_path / "wrong.safetensors"
    save_file(tensors, wrong, metadata=CARD)
    with pytest.raises(WrongWeights, match=name):
        load_model(wrong)


def test_another_space_s_tensors_are_refused_by_name(path: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.safetensors"
    space = json.dumps({**SPACE.__dict__, "audio": 8})
    save_file(load_file(path), wrong, metadata={**CARD, "motion_space": space})
    with pytest.raises(WrongWeights, match=r"statistics.audio.mean is \[7\], expected \[8\]"):
        load_model(wrong)


@pytest.mark.parametrize("missing", CARD)
def test_a_file_without_its_card_is_refused(path: Path, tmp_path: Path, missing: str) -> None:
    wrong = tmp_path / "wrong.safetensors"
    save_file(load_file(path), wrong, metadata={name: said for name, said in CARD.items() if name != missing})
    with pytest.raises(WrongWeights, match=rf"not a motion generator of this version \('{missing}'\); give a file"):
        read_card(wrong)


def test_other_files_are_refused_with_what_to_do(tmp_path: Path) -> None:
    page = tmp_path / "page.safetensors"
    page.write_text("<html>")
    for path in (page, tmp_path / "none.safetensors", ROOT / "models/face/tiny.safetensors"):
        with pytest.raises(WrongWeights, match=rf"{path.name}: not a motion generator.*; give a file that a training"):
            load_model(path)
