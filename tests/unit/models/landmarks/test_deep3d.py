"""Deep3DFaceRecon: the published names, shapes and outputs, and the nesting of its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.landmarks.deep3d import Deep3D, ReconNet, check
from models.landmarks.deep3d_camera import ANGLES, COEFFICIENTS, EXPRESSION, IDENTITY, LIGHTING, TEXTURE, TRANSLATION
from models.runtime.checkpoint import WrongWeights, shapes_of
from tests.made import golden_rule, random_deep3d
from tests.made.random_resnet import Tensors, trunk

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return random_deep3d.tensors()


@pytest.fixture(scope="module")
def file(tensors: Tensors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_deep3d.save(tmp_path_factory.mktemp("deep3d") / "epoch_20.pth", tensors)


@pytest.fixture(scope="module")
def model(file: Path) -> Deep3D:
    return Deep3D(file, CPU)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "golden" / "networks.json").read_text())["deep3d"])


@pytest.fixture(scope="module")
def golden_answers() -> np.ndarray:
    """Coefficients [2, 257] of this network with the weights and inputs of the golden file's rule."""
    net = ReconNet().eval()
    golden_rule.fill(net)
    with torch.inference_mode():
        return net(torch.from_numpy(golden_rule.given("deep3d"))).numpy()


def test_names_and_shapes_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "golden" / "state_dict_shapes.json").read_text())["deep3d"]
    expected = {name: tuple(shape) for name, shape in published.items()}
    with torch.device("meta"):
        assert shapes_of(ReconNet()) == expected


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("id_first4", IDENTITY),
        ("exp_first4", EXPRESSION),
        ("tex_first4", TEXTURE),
        ("angles", ANGLES),
        ("gamma_first4", LIGHTING),
        ("translation", TRANSLATION),
    ],
)
def test_outputs_are_those_of_the_reference(
    golden: dict[str, Any], golden_answers: np.ndarray, name: str, part: slice
) -> None:
    expected = np.array(golden["coefficients"][name])
    assert golden_answers[:, part][:, : expected.shape[1]] == pytest.approx(expected, abs=1e-4)


def forward(w: Tensors, x: torch.Tensor) -> torch.Tensor:
    """The network written out, from tensors by name."""
    x = trunk(w, x, "backbone.")[-1].mean((2, 3))
    heads = [x @ w[f"final_layers.{i}.weight"][:, :, 0, 0].T + w[f"final_layers.{i}.bias"] for i in range(7)]
    return torch.cat(heads, 1)


def crops(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(5).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8))


def test_a_file_gives_what_its_weights_say(model: Deep3D, tensors: Tensors) -> None:
    items = crops(2)
    answers = model(items)
    with torch.inference_mode():
        expected = forward(tensors, torch.from_numpy(np.stack(items).transpose(0, 3, 1, 2) / np.float32(255)))
    assert all(answer.shape == (COEFFICIENTS,) and answer.dtype == np.float32 for answer in answers)
    assert np.stack(answers) == pytest.approx(expected.numpy(), abs=1e-4)
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


def test_a_batch_is_its_items_one_by_one(model: Deep3D) -> None:
    items = crops(3)
    assert np.stack(model(items)) == pytest.approx(np.stack([model([item])[0] for item in items]), abs=1e-5)


@pytest.mark.parametrize("item", [np.zeros((256, 256, 3), np.uint8), np.zeros((224, 224, 3), np.float32)])
def test_other_items_are_refused(model: Deep3D, item: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"uint8 \[224, 224, 3\] expected"):
        model([item])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same(file: Path, model: Deep3D) -> None:
    items = crops(3)
    assert np.stack(Deep3D(file, torch.device("cuda"))(items)) == pytest.approx(np.stack(model(items)), abs=5e-3)


def test_a_file_is_checked_without_its_optimiser(file: Path) -> None:
    check(file)


def test_a_wrong_file_names_the_first_tensor_that_differs(tensors: Tensors, tmp_path: Path) -> None:
    changed = {**tensors, "final_layers.5.weight": torch.zeros(3, 2048, 1, 1), "final_layers.6.bias": torch.zeros(2)}
    path = random_deep3d.save(tmp_path / "other.pth", changed)
    message = r"other\.pth: tensor final_layers\.5\.weight is \[3, 2048, 1, 1\], expected \[2, 2048, 1, 1\]"
    with pytest.raises(WrongWeights, match=message):
        check(path)
    with pytest.raises(WrongWeights, match=message):
        Deep3D(path, CPU)


def test_a_missing_tensor_and_another_network_are_named(tensors: Tensors, tmp_path: Path) -> None:
    short = {name: value for name, value in tensors.items() if name != "backbone.layer2.0.conv1.weight"}
    with pytest.raises(WrongWeights, match=r"has no tensor backbone\.layer2\.0\.conv1\.weight \[128, 256, 1, 1\]"):
        check(random_deep3d.save(tmp_path / "short.pth", short))
    torch.save({"netG": {"first.weight": torch.zeros(2)}}, tmp_path / "gan.pth")
    with pytest.raises(WrongWeights, match=r"gan\.pth: has no tensor backbone\.conv1\.weight"):
        check(tmp_path / "gan.pth")
