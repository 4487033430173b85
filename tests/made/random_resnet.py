"""Random weights of networks built on ResNet-50, and its forward pass written out a second time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional

Tensors = dict[str, torch.Tensor]

_BLOCKS = (3, 4, 6, 3)
_EPSILON = 1e-5


def random_tensors(build: Callable[[], nn.Module], seed: int) -> Tensors:
    """A state dict of `build()`'s network whose activations neither vanish nor grow: He's scaling."""
    with torch.device("meta"):
        shapes = {name: value.shape for name, value in build().state_dict().items()}
    generator = torch.Generator().manual_seed(seed)
    return {name: _random(name, shape, generator) for name, shape in shapes.items()}


def _random(name: str, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    if name.endswith("num_batches_tracked"):
        return torch.tensor(1000)
    noise = torch.randn(shape, generator=generator)
    if len(shape) > 1:
        return noise * (2 / shape[1:].numel()) ** 0.5
    if name.endswith("running_var"):
        return 1 + 0.1 * noise.abs()
    if name.endswith(("running_mean", "bias")):
        return 0.1 * noise
    # the last factor of a block is small, or every block would double the variance
    return (0.3 if ".bn3." in name else 1.0) * (1 + 0.1 * noise)


def trunk(tensors: Mapping[str, torch.Tensor], x: torch.Tensor, prefix: str = "") -> list[torch.Tensor]:
    """The outputs of ResNet-50's four layers for normalised RGB [N, 3, H, W], in plain functions."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, var, gain, bias = (
            tensors[f"{prefix}{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (var + _EPSILON).sqrt() * gain + bias

    def convolve(x: torch.Tensor, name: str, stride: int = 1, padding: int = 0) -> torch.Tensor:
        return functional.conv2d(x, tensors[f"{prefix}{name}.weight"], stride=stride, padding=padding)

    x = norm(convolve(x, "conv1", 2, 3), "bn1").relu()
    x = functional.max_pool2d(x, 3, 2, 1)
    outputs = []
    for layer, count in enumerate(_BLOCKS, start=1):
        for index in range(count):
            block = f"layer{layer}.{index}"
            stride = 2 if index == 0 and layer > 1 else 1
            y = norm(convolve(x, f"{block}.conv1"), f"{block}.bn1").relu()
            y = norm(convolve(y, f"{block}.conv2", stride, 1), f"{block}.bn2").relu()
            y = norm(convolve(y, f"{block}.conv3"), f"{block}.bn3")
            if index == 0:
                x = norm(convolve(x, f"{block}.downsample.0", stride), f"{block}.downsample.1")
            x = (x + y).relu()
        outputs.append(x)
    return outputs
