"""In which numbers the blocks of a network that draws hold their weights.

fp32: as they were trained. bf16: as PyTorch's autocast has them, but cast once and not at every step. int8: a scale for
every row of weights, and one at each call for what is multiplied with them; on CPUs alone.
"""

from __future__ import annotations

import copy
import warnings
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from models.motion.blocks import Block
from models.motion.network import MotionTransformer
from models.runtime.precision import chosen

Numbers = Literal["auto", "fp32", "bf16", "int8"]
"""auto: bfloat16 where the device has it, else fp32."""

_MOST = 127


def held_in(network: MotionTransformer, numbers: Numbers) -> MotionTransformer:
    """The network to draw with, whose blocks multiply in other numbers; it shares the rest with the one given.

    Raises ValueError for int8 elsewhere than on a CPU.
    """
    device = next(network.parameters()).device
    if numbers == "int8" and device.type != "cpu":
        raise ValueError(f"int8 on {device}; it is for CPUs, take bf16")
    held = numbers if numbers == "int8" else chosen(numbers, device)
    if held == "fp32":
        return network
    kind = _Int8 if held == "int8" else _Bfloat16

    def replaced(layer: nn.Module) -> nn.Module:
        return kind(layer) if isinstance(layer, nn.Linear) else layer

    network = copy.deepcopy(network, {id(value): value for value in network.parameters()})  # the tensors are shared
    for block in network.modules():
        if isinstance(block, Block):
            block.qkv, block.out = replaced(block.qkv), replaced(block.out)
            block.perceptron = nn.Sequential(*map(replaced, block.perceptron))
    return network


class _Bfloat16(nn.Module):
    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight.detach().bfloat16(), linear.bias.detach().bfloat16()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x.bfloat16(), self.weight, self.bias)


class _Int8(nn.Module):
    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scales = weight.abs().amax(1).clamp_min(torch.finfo(weight.dtype).tiny) / _MOST
        zeros = torch.zeros(len(weight), dtype=torch.long)
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # PyTorch means to replace this type
            rows = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        self.packed = torch.ops.quantized.linear_prepack(rows, linear.bias.detach())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # reduce_range: without it AVX2's sums of two products overflow 16 bits
        return torch.as_tensor(torch.ops.quantized.linear_dynamic(x, self.packed, reduce_range=True))
