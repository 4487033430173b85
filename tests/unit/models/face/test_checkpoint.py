"""Face models as files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.face.checkpoint import encoders_hash, latents_of, load_model, read_recipe, read_space, save_model
from models.face.model import FaceModel, Motion
from models.face.presets import PAPER, TINY
from models.runtime.checkpoint import WrongWeights
from models.weights.registry import REGISTRY
from stages.labels.latents import FaceLatents
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


def test_a_model_that_draws_otherwise_makes_the_latents_of_the_file_it_began_with(
    tiny: FaceModel, path: Path, tmp_path: Path
) -> None:
    assert latents_of(path) is None
    said = {"latents_of": {"sha256": "7a9e", "encoders": encoders_hash(path), "space": False}}
    model, trained = FaceModel(TINY), tmp_path / "trained.safetensors"
    model.load_state_dict(tiny.state_dict())
    with torch.no_grad():
        model.decoder.out.weight.add_(1)
        model.from_canonical.mix.weight.add_(1)
    save_model(model, said, trained)
    assert (latents_of(trained), encoders_hash(trained)) == ("7a9e", encoders_hash(path))
    for part in (model.dynamics, model.identity, model.appearance):
        with torch.no_grad():
            weight = next(part.parameters())
            weight.add_(0.1)
            save_model(model, said, trained)
            weight.sub_(0.1)
        with pytest.raises(WrongWeights, match=r"trained.safetensors: says that it makes the latents of 7a9e"):
            latents_of(trained)


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


def test_a_model_without_fine_planes_that_is_not_told_of_lips_is_one_of_an_earlier_version(
    pictures: torch.Tensor, tmp_path: Path
) -> None:
    """It draws as it did, and one with them that begins with its weights draws the same."""
    torch.manual_seed(0)
    before = FaceModel(replace(TINY, fine=0, lips=False)).eval().requires_grad_(False)
    torch.nn.init.normal_(before.decoder.out.weight, std=0.02)
    path = tmp_path / "model.safetensors"
    save_model(before, {"step": 3}, path)
    assert not [name for name in load_file(path) if ".fine." in name or "lips" in name]
    found = load_model(path)
    assert (found.preset, found.preset.drawn) == (before.preset, 96)
    picture, motion = pictures[:1], Motion(torch.tensor([[0, 5.0, 0, 0, 0, 1]]), torch.zeros(1, 32))
    drawn, wanted = (model.driven(model.person(picture, motion), motion) for model in (found, before))
    assert (drawn - wanted).abs().mean() < 2e-3  # half precision
    now = FaceModel(TINY).eval().requires_grad_(False)
    missing = now.load_state_dict(found.state_dict(), strict=False)
    assert {
        name.rpartition(".")[0].rpartition(".")[0]
        for name in missing.missing_keys
        if not name.startswith("decoder.fine.")
    } == {
        *("lips", "decoder.hidden"),
    }
    assert (now.driven(now.person(picture, motion), motion) - drawn).abs().mean() < 0.01


def test_the_model_that_comes_with_the_project_is_drawn_with_at_any_size() -> None:
    model = load_model(ROOT / "models/face/tiny.safetensors")
    picture, motion = torch.rand(1, 3, 96, 96), Motion(torch.tensor([[0, 5.0, 0, 0, 0, 1]]), torch.zeros(1, 32))
    drawn = model.driven(model.person(picture, motion, torch.rand(1, 3, 150, 150), 11), motion)
    assert drawn.shape == (1, 3, 128, 128)
    assert drawn.isfinite().all()


def test_the_model_that_comes_with_the_project_makes_the_latents_that_catalogs_hold() -> None:
    """Its encoders are those of the first file that came with the project, to the bit, and recipes call it that."""
    own = REGISTRY["face_tiny"]
    assert encoders_hash(own.path()) == "0b10480731891821fd6f02eded679751"
    assert latents_of(own.path()) == own.known_as == FaceLatents().sha256
    assert own.known_as.startswith("7a9e6285")
    assert own.known_as != own.sha256


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
