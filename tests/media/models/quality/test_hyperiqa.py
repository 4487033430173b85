"""HyperIQA: the published names and outputs, its file, its crops, and batches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from models.quality.hyperiqa import CROP, HEIGHT, WIDTH, HyperIQA, HyperNet, check, crop_corners, picture
from models.runtime.checkpoint import WrongWeights, shapes_of
from tests.made import golden_rule, random_hyperiqa
from tests.made.random_resnet import Tensors, trunk

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_hyperiqa.write(tmp_path_factory.mktemp("hyperiqa") / "koniq_pretrained.pkl")


@pytest.fixture(scope="module")
def tensors(file: Path) -> Tensors:
    return dict(torch.load(file, weights_only=True))


@pytest.fixture(scope="module")
def model(file: Path) -> HyperIQA:
    return HyperIQA(file, CPU, crops=3)


@pytest.fixture(scope="module")
def pictures(man: np.ndarray, woman: np.ndarray) -> list[np.ndarray]:
    return [picture(man), picture(woman)]


def test_names_and_shapes_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "golden/state_dict_shapes.json").read_text())["hyperiqa"]
    with torch.device("meta"):
        assert shapes_of(HyperNet()) == {name: tuple(shape) for name, shape in published.items()}


def test_outputs_are_those_of_the_reference(shared: Path) -> None:
    golden = json.loads((shared / "golden/networks.json").read_text())["hyperiqa"]
    net = HyperNet().eval()
    golden_rule.fill(net)
    assert sum(p.numel() for p in net.parameters()) == golden["parameters"]
    with torch.inference_mode():
        found = net(torch.from_numpy(golden_rule.given("hyperiqa")))
    assert found.tolist() == pytest.approx(golden["score"], abs=1e-4)


def by_hand(tensors: Tensors, crop: torch.Tensor) -> float:
    """The score of one normalised crop [3, 224, 224], one step of the paper after the other."""

    def dense(x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def convolve(x: torch.Tensor, name: str, padding: int = 0) -> torch.Tensor:
        return functional.conv2d(x, tensors[f"{name}.weight"], tensors.get(f"{name}.bias"), padding=padding)

    layers = trunk(tensors, crop[None], "res.")
    local = []
    for index, layer in enumerate(layers, start=1):
        if index < 4:
            layer = convolve(layer, f"res.lda{index}_pool.0")
        # not overlapping windows of 7 x 7, by reshaping
        height, width = layer.shape[2] // 7, layer.shape[3] // 7
        pooled = layer.reshape(1, -1, height, 7, width, 7).mean((3, 5))
        local.append(dense(pooled.flatten(), f"res.lda{index}_fc"))
    x = torch.cat(local)
    hyper = layers[-1]
    for name in ("conv1.0", "conv1.2", "conv1.4"):
        hyper = convolve(hyper, name).relu()
    summary = hyper.mean((2, 3))[0]
    for layer_number in range(1, 5):
        bias = dense(summary, f"fc{layer_number}b_fc")
        weight = convolve(hyper, f"fc{layer_number}w_conv", 1).reshape(len(bias), len(x))
        x = torch.sigmoid(weight @ x + bias)
    return float(dense(summary, "fc5w_fc") @ x + dense(summary, "fc5b_fc"))


@pytest.mark.slow
def test_a_file_s_scores_are_the_mean_over_crops_of_an_independent_pass(
    model: HyperIQA, tensors: Tensors, pictures: list[np.ndarray]
) -> None:
    found = model(pictures)
    assert [(f.shape, f.dtype) for f in found] == [((1,), np.float32)] * 2
    for image, score in zip(pictures, found, strict=True):
        scores = []
        for y, x in crop_corners(image, 3):
            pixels = image[y : y + CROP, x : x + CROP].astype(np.float32) / 255
            crop = (pixels - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
            scores.append(by_hand(tensors, torch.from_numpy(crop.transpose(2, 0, 1)).float()))
        assert np.ptp(scores) > 0.01
        assert float(score[0]) == pytest.approx(np.mean(scores), abs=1e-3)
    assert abs(float(found[0][0] - found[1][0])) > 0.01


@pytest.mark.slow
def test_a_batch_gives_what_one_by_one_gives(
    model: HyperIQA, file: Path, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = np.concatenate([model([image])[0] for image in pictures])
    # crops of both pictures in one piece of the batch
    monkeypatch.setattr("models.quality.hyperiqa._AT_ONCE", {"cpu": 4})
    assert np.concatenate(HyperIQA(file, CPU, crops=3)(pictures[::-1])) == pytest.approx(alone[::-1], abs=1e-4)


@pytest.mark.slow
def test_a_score_does_not_change_from_call_to_call(model: HyperIQA, file: Path, pictures: list[np.ndarray]) -> None:
    np.random.default_rng().random()
    torch.manual_seed(7)
    first = model(pictures[:1])[0]
    torch.manual_seed(8)
    assert HyperIQA(file, CPU, crops=3)(pictures[:1])[0] == pytest.approx(first, abs=1e-5)


def test_crops_lie_inside_and_depend_on_the_picture_alone(pictures: list[np.ndarray]) -> None:
    corners = crop_corners(pictures[0], 2000)
    assert corners.min(0).tolist() == [0, 0]
    assert corners.max(0).tolist() == [HEIGHT - CROP, WIDTH - CROP]
    assert np.array_equal(crop_corners(pictures[0].copy(), 25), corners[:25])
    assert np.array_equal(crop_corners(np.asfortranarray(pictures[0]), 25), corners[:25])
    changed = pictures[0].copy()
    changed[-1, -1, -1] ^= 1
    assert not np.array_equal(crop_corners(changed, 25), corners[:25])


@pytest.mark.parametrize("shape", [(1, 1), (100, 80), (512, 384), (1100, 60), (40, 900), (1024, 768)])
def test_pictures_of_any_shape_become_512_high_and_384_wide(shape: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, shape[1])[None, :, None] * np.ones((*shape, 3))
    shown = picture(ramp.astype(np.uint8))
    assert (shown.shape, shown.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    assert float(shown.mean()) == pytest.approx(float(ramp.astype(np.uint8).mean()), abs=1)


def test_a_picture_that_shrinks_is_not_aliased() -> None:
    lines = np.zeros((2048, 384, 3), np.uint8)
    lines[::2] = 255
    assert np.abs(picture(lines).astype(int) - 127.5).max() <= 1


def test_other_pictures_are_refused(model: HyperIQA) -> None:
    with pytest.raises(ValueError, match=r"pictures of \[384, 512\]; \[512, 384\] expected"):
        model([np.zeros((384, 512, 3), np.uint8)])


def test_a_right_file_passes_the_check(file: Path) -> None:
    check(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"res.lda2_fc.weight": torch.zeros(16, 500)}, r"res\.lda2_fc\.weight is \[16, 500\], expected \[16, 512\]"),
        ({"fc3b_fc.bias": None, "fc5b_fc.bias": None}, r"has no tensor fc3b_fc\.bias \[28\]"),
        ({"head.weight": torch.zeros(2)}, r"has a tensor head\.weight that the network lacks"),
    ],
)
def test_a_wrong_file_is_named_with_its_first_difference(
    tensors: Tensors, tmp_path: Path, change: dict[str, torch.Tensor | None], message: str
) -> None:
    path = tmp_path / "koniq.pkl"
    torch.save({name: value for name, value in (tensors | change).items() if value is not None}, path)
    for load in (check, lambda path: HyperIQA(path, CPU)):
        with pytest.raises(WrongWeights, match=message) as caught:
            load(path)
        assert str(path) in str(caught.value)


@pytest.mark.slow
def test_half_precision_is_near_float32(file: Path, model: HyperIQA, pictures: list[np.ndarray]) -> None:
    """The arithmetic of a GPU's trunk, on a CPU, which has it too and is slow with it."""
    half = np.concatenate(HyperIQA(file, CPU, crops=3, half=True)(pictures[:1]))
    assert half == pytest.approx(np.concatenate(model(pictures[:1])), abs=0.1)
    assert (half != np.concatenate(model(pictures[:1]))).any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_half_precision_on_a_gpu_is_near_float32(file: Path, model: HyperIQA, pictures: list[np.ndarray]) -> None:
    on_gpu = HyperIQA(file, torch.device("cuda"), crops=3)
    assert np.concatenate(on_gpu(pictures)) == pytest.approx(np.concatenate(model(pictures)), abs=0.1)
