"""In which numbers networks calculate."""

from __future__ import annotations

import contextlib
from typing import Literal

import torch

Precision = Literal["auto", "bf16", "fp32"]
"""auto: bfloat16 where the device has it. Elsewhere it is emulated, and takes forty times as long as fp32."""


def chosen(precision: Precision, device: torch.device) -> Literal["bf16", "fp32"]:
    """What a device works in: itself if not "auto"."""
    if precision != "auto":
        return precision
    return "bf16" if _has_bfloat16(device) else "fp32"


def working_in(precision: Precision, device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Networks that run inside calculate in a precision; what PyTorch's autocast leaves in fp32 stays so."""
    if chosen(precision, device) == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # what PyTorch's own compiler asks before it gives oneDNN bfloat16
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
