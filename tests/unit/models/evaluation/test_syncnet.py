"""SyncNet: the published names and outputs, the file's format, and what its two calls take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.evaluation.syncnet import EMBEDDING, SyncNet, TwoStreams, check
from models.runtime.checkpoint import WrongWeights, shapes_of
from tests.made import golden_rule, random_syncnet
from tests.made.random_resnet import Tensors

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return random_syncnet.tensors()


@pytest.fixture(scope="module")
def file(tensors: Tensors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_syncnet.save(tmp_path_factory.mktemp("syncnet") / "syncnet_v2.model", tensors)


@pytest.fixture(scope="module")
def model(file: Path) -> SyncNet:
    return SyncNet(file, CPU)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "golden" / "networks.json").read_text())["syncnet"])


@pytest.fixture(scope="module")
def reference() -> TwoStreams:
    """The network with the golden file's weights."""
    net = TwoStreams().eval()
    golden_rule.fill(net)
    return net


def test_names_and_shapes_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "golden" / "state_dict_shapes.json").read_text())["syncnet"]
    expected = {name: tuple(shape) for name, shape in published.items()}
    with torch.device("meta"):
        assert shapes_of(TwoStreams()) == expected
    assert random_syncnet.shapes() == expected


@pytest.mark.parametrize("stream", ["audio", "video"])
def test_outputs_are_those_of_the_reference(reference: TwoStreams, golden: dict[str, Any], stream: str) -> None:
    call = {"audio": reference.audio, "video": reference.video}[stream]
    with torch.inference_mode():
        found = call(torch.from_numpy(golden_rule.given(f"syncnet_{stream}"))).numpy()
    assert found.shape == (2, EMBEDDING)
    assert found[:, :8] == pytest.approx(np.array(golden[f"{stream}_embedding_first8"]), abs=1e-4)
    assert np.linalg.norm(found, axis=1) == pytest.approx(golden[f"{stream}_norm"], abs=1e-4)


def norm(w: Tensors, x: torch.Tensor, name: str) -> torch.Tensor:
    """A batch norm in evaluation, written out."""
    scale = w[f"{name}.weight"] / torch.sqrt(w[f"{name}.running_var"] + 1e-5)
    shift = w[f"{name}.bias"] - w[f"{name}.running_mean"] * scale
    one = (1, -1) + (1,) * (x.ndim - 2)
    return x * scale.view(one) + shift.view(one)


def head(w: Tensors, x: torch.Tensor, name: str) -> torch.Tensor:
    x = F.relu(norm(w, x @ w[f"{name}.0.weight"].T + w[f"{name}.0.bias"], f"{name}.1"))
    return x @ w[f"{name}.3.weight"].T + w[f"{name}.3.bias"]


def audio(w: Tensors, x: torch.Tensor) -> torch.Tensor:
    """The network of sound, written out."""
    pools = {4: (3, (1, 2)), 14: (3, (2, 2))}
    for index, _, _, kernel in random_syncnet.AUDIO:
        weight, bias = w[f"netcnnaud.{index}.weight"], w[f"netcnnaud.{index}.bias"]
        x = F.conv2d(x, weight, bias, padding=1 if kernel == (3, 3) else 0)
        x = F.relu(norm(w, x, f"netcnnaud.{index + 1}"))
        x = F.max_pool2d(x, *pools[index]) if index in pools else x
    return head(w, x.flatten(1), "netfcaud")


def video(w: Tensors, x: torch.Tensor) -> torch.Tensor:
    """The network of pictures, written out: after the first layer, one picture is left of five."""
    first = w["netcnnlip.0.weight"]
    x = sum(F.conv2d(x[:, :, t], first[:, :, t], stride=2) for t in range(5)) + w["netcnnlip.0.bias"][:, None, None]
    x = F.max_pool2d(F.relu(norm(w, x, "netcnnlip.1")), 3, 2)
    for index, stride, padding in ((4, 2, 1), (8, 1, 1), (11, 1, 1), (14, 1, 1), (18, 1, 0)):
        weight, bias = w[f"netcnnlip.{index}.weight"][:, :, 0], w[f"netcnnlip.{index}.bias"]
        x = F.relu(norm(w, F.conv2d(x, weight, bias, stride, padding), f"netcnnlip.{index + 1}"))
        if index == 4:
            x = F.max_pool2d(x, 3, 2, 1)
        elif index == 14:
            x = F.max_pool2d(x, 3, 2)
    return head(w, x.flatten(1), "netfclip")


def faces(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, 3, 5, 224, 224), dtype=np.uint8)


def test_a_file_gives_what_its_weights_say_of_faces(model: SyncNet, tensors: Tensors) -> None:
    windows = faces(2)
    found = model.video(windows)
    with torch.inference_mode():
        expected = video(tensors, torch.from_numpy(windows).float()).numpy()
    assert (found.shape, found.dtype) == ((2, EMBEDDING), np.float32)
    assert found == pytest.approx(expected, abs=1e-4)
    assert np.linalg.norm(found[0] - found[1]) > 1e-2
    assert model.video(windows[:1].astype(np.float32)) == pytest.approx(found[:1], abs=1e-4)


def test_a_file_gives_what_its_weights_say_of_sound(model: SyncNet, tensors: Tensors) -> None:
    windows = np.random.default_rng(4).normal(0, 5, (4, 1, 13, 20)).astype(np.float32)
    found = model.audio(windows)
    with torch.inference_mode():
        expected = audio(tensors, torch.from_numpy(windows)).numpy()
    assert (found.shape, found.dtype) == ((4, EMBEDDING), np.float32)
    assert found == pytest.approx(expected, abs=1e-4)
    assert np.linalg.norm(found[0] - found[1]) > 1e-2
    assert model.audio(windows[2:3]) == pytest.approx(found[2:3], abs=1e-4)


def test_windows_cut_as_views_of_a_clip_are_taken(model: SyncNet) -> None:
    """MFCC [13, N] at 100 Hz: the window of video frame i begins at column 4 i."""
    mfcc = np.random.default_rng(6).normal(size=(13, 40)).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(mfcc, 20, axis=1)[:, ::4].transpose(1, 0, 2)[:, None]
    copies = np.stack([mfcc[None, :, at : at + 20] for at in range(0, 21, 4)])
    assert model.audio(views) == pytest.approx(model.audio(copies), abs=1e-6)


def test_other_windows_are_refused(model: SyncNet) -> None:
    with pytest.raises(ValueError, match=r"windows of \[3, 4, 224, 224\]; \[3, 5, 224, 224\] expected"):
        model.video(np.zeros((1, 3, 4, 224, 224), np.uint8))
    with pytest.raises(ValueError, match=r"windows of \[13, 20\]; \[1, 13, 20\] expected"):
        model.audio(np.zeros((1, 13, 20), np.float32))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same(file: Path, model: SyncNet) -> None:
    windows = faces(2)
    assert SyncNet(file, torch.device("cuda")).video(windows) == pytest.approx(model.video(windows), abs=5e-2)


def test_a_file_without_counters_loads_too(tensors: Tensors, model: SyncNet, tmp_path: Path) -> None:
    """The published file is older than PyTorch's counters of batches."""
    old = {name: value for name, value in tensors.items() if not name.endswith("num_batches_tracked")}
    path = random_syncnet.save(tmp_path / "old.model", old)
    check(path)
    windows = np.ones((1, 1, 13, 20), np.float32)
    assert SyncNet(path, CPU).audio(windows) == pytest.approx(model.audio(windows), abs=1e-6)


def test_a_wrong_file_names_the_first_tensor_that_differs(tensors: Tensors, tmp_path: Path) -> None:
    changed = {**tensors, "netcnnlip.18.weight": torch.zeros(512, 256, 1, 5, 5), "netfclip.3.bias": torch.zeros(512)}
    path = random_syncnet.save(tmp_path / "other.model", changed)
    message = r"other\.model: tensor netfclip\.3\.bias is \[512\], expected \[1024\]"
    with pytest.raises(WrongWeights, match=message):
        check(path)
    with pytest.raises(WrongWeights, match=message):
        SyncNet(path, CPU)


def test_another_network_is_named(tmp_path: Path) -> None:
    path = random_syncnet.save(tmp_path / "resnet.model", {"conv1.weight": torch.zeros(64, 3, 7, 7)})
    with pytest.raises(WrongWeights, match=r"has no tensor netcnnaud\.0\.weight \[64, 1, 3, 3\].*conv1\.weight"):
        check(path)
