"""Face models as files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.face.checkpoint import load_model, read_recipe, read_space, save_model
from models.face.model import FaceModel
from models.face.presets import PAPER
from models.runtime.checkpoint import WrongWeights
from tests.root import ROOT

RECIPE = {"step": 3, "clips": [["a.mp4", "0f"]], "training": {"rate": 1e-3}}


@pytest.fixture
def path(tiny: FaceModel, tmp_path: Path) -> Path:
    save_model(tiny, RECIPE, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_a_model_comes_back_within_half_precision(tiny: FaceModel, path: Path) -> None:
    found = load_model(path)
    assert found.preset == tiny.preset
    assert not found.training
    assert not any(value.requires_grad for value in found.parameters())
    for (name, value), (other, wanted) in zip(found.state_dict().items(), tiny.state_dict().items(), strict=True):
        assert name == other
        assert value.dtype == torch.float32
        assert torch.allclose(value, wanted, rtol=2**-10, atol=2**-24), name


def test_tiny_is_at_most_12_megabytes(path: Path) -> None:
    assert path.stat().st_size <= 12_000_000
    assert {value.dtype for value in load_file(path).values()} == {torch.float16}


def test_the_recipe_comes_back(path: Path) -> None:
    assert read_recipe(path) == ("tiny", RECIPE)


def test_a_space_lies_beside_the_model_and_changes_nothing_of_it(tiny: FaceModel, path: Path, tmp_path: Path) -> None:
    space = {"directions": np.arange(6, dtype=np.float32).reshape(3, 2) / 7, "widths": np.ones(6, np.float32)}
    with_it = tmp_path / "space.safetensors"
    save_model(tiny, {"step": 3}, with_it, space)
    found = read_space(with_it)
    assert found is not None
    assert found.keys() == space.keys()
    assert all(np.array_equal(found[name], array) for name, array in space.items())
    one, other = (load_model(each).state_dict() for each in (with_it, path))
    assert all(torch.equal(other[name], value) for name, value in one.items())
    assert "expression_space.directions" in load_file(with_it)


def test_a_model_without_a_space_is_read_as_before(path: Path, tmp_path: Path) -> None:
    """As the one that comes with the project."""
    assert read_space(path) is None
    own = ROOT / "models/face/tiny.safetensors"
    assert read_space(own) is None
    tensors = load_file(own)
    for name, value in load_model(own).state_dict().items():
        assert torch.equal(value, tensors[name].to(value.dtype)), name


def test_another_preset_s_tensors_are_refused_by_name(path: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.safetensors"
    save_file(load_file(path), wrong, metadata={"preset": PAPER.name, "recipe": "{}"})
    with pytest.raises(WrongWeights, match="appearance.stem.weight"):
        load_model(wrong)


@pytest.mark.parametrize("change", ["shape", "missing", "other"])
def test_the_first_tensor_that_differs_is_named(path: Path, tmp_path: Path, change: str) -> None:
    tensors, name = load_file(path), "decoder.fold.weight"
    if change == "shape":
        tensors[name] = tensors[name][:-1].contiguous()
    elif change == "missing":
        del tensors[name]
    else:
        tensors["decoder.spare"] = torch.zeros(1)
        name = "decoder.spare"
    wrong = tmp_path / "wrong.safetensors"
    save_file(tensors, wrong, metadata={"preset": "tiny", "recipe": "{}"})
    with pytest.raises(WrongWeights, match=name):
        load_model(wrong)


def test_other_files_are_refused_with_what_to_do(path: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.safetensors"
    page.write_text("<html>")
    with pytest.raises(WrongWeights, match=r"not a face model.*jobs/train_faces\.py"):
        read_recipe(page)
    save_file({"a": torch.zeros(1)}, page, metadata={"preset": "huge", "recipe": json.dumps({})})
    with pytest.raises(WrongWeights, match="not a face model of this project"):
        load_model(page)
    with pytest.raises(WrongWeights, match="not a face model"):
        load_model(tmp_path / "none.safetensors")
