"""ResNet-50's trunk: torchvision's names, and the same numbers as plain functions of the tensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.runtime.checkpoint import shapes_of
from models.runtime.resnet import CHANNELS, Bottleneck, ResNet50Trunk, normalised, ready
from tests.made.random_resnet import random_tensors, trunk

CPU = torch.device("cpu")


@pytest.mark.parametrize(("network", "prefix"), [("l2cs", ""), ("hyperiqa", "res."), ("deep3d", "backbone.")])
def test_names_and_shapes_are_those_of_the_published_files(shared: Path, network: str, prefix: str) -> None:
    published = json.loads((shared / "golden/state_dict_shapes.json").read_text())[network]
    inside = {name.removeprefix(prefix): tuple(shape) for name, shape in published.items() if name.startswith(prefix)}
    with torch.device("meta"):
        own = shapes_of(ResNet50Trunk())
    assert {name: shape for name, shape in inside.items() if name in own} == own
    assert {name.split(".")[0] for name in own} == {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4"}


@pytest.mark.slow
def test_layers_are_those_of_plain_functions() -> None:
    tensors = random_tensors(ResNet50Trunk, 0)
    net = ResNet50Trunk()
    net.load_state_dict(tensors)
    net.eval()
    image = torch.randn((2, 3, 96, 64), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found, expected = net.features(image), trunk(tensors, image)
        assert torch.equal(net(image), found[-1])
        ready(net, CPU)
        made_ready = net.features(image)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in net.modules())
    for layer, (own, faster, other) in enumerate(zip(found, made_ready, expected, strict=True)):
        assert own.shape == (2, CHANNELS[layer], 96 >> layer + 2, 64 >> layer + 2)
        assert own.std() > 0.1
        torch.testing.assert_close(own, other, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(faster, other, rtol=1e-3, atol=1e-4)


def test_the_3x3_convolution_carries_the_stride() -> None:
    block = Bottleneck(8, 4, stride=2)
    assert [layer.stride for layer in (block.conv1, block.conv2, block.conv3)] == [(1, 1), (2, 2), (1, 1)]
    assert block.downsample is not None
    assert block(torch.zeros(1, 8, 6, 10)).shape == (1, 16, 3, 5)
    assert Bottleneck(16, 4).downsample is None


def test_pixels_become_what_imagenet_s_networks_expect() -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (5, 4, 3), np.uint8) for _ in range(2)]
    found = normalised(images, CPU)
    assert (found.shape, found.dtype) == ((2, 3, 5, 4), torch.float32)
    by_hand = (images[1] / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert found[1].numpy() == pytest.approx(by_hand.transpose(2, 0, 1), abs=1e-6)


@pytest.mark.parametrize("image", [np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 4), np.uint8)])
def test_other_images_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"uint8 RGB \[H, W, 3\] expected"):
        normalised([image], CPU)
