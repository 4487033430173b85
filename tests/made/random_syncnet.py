"""Random weights in the format of syncnet_v2.model: one flat dictionary of tensors in PyTorch's old file format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

# index in its Sequential, output and input channels, kernel
AUDIO = (
    (0, 64, 1, (3, 3)),
    (4, 192, 64, (3, 3)),
    (8, 384, 192, (3, 3)),
    (11, 256, 384, (3, 3)),
    (14, 256, 256, (3, 3)),
    (18, 512, 256, (5, 4)),
)
VIDEO = (
    (0, 96, 3, (5, 7, 7)),
    (4, 256, 96, (1, 5, 5)),
    (8, 256, 256, (1, 3, 3)),
    (11, 256, 256, (1, 3, 3)),
    (14, 256, 256, (1, 3, 3)),
    (18, 512, 256, (1, 6, 6)),
)


def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published file."""
    return dict(_shapes())


def _shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    for trunk, layers in (("netcnnaud", AUDIO), ("netcnnlip", VIDEO)):
        for index, out, channels, kernel in layers:
            yield f"{trunk}.{index}.weight", (out, channels, *kernel)
            yield f"{trunk}.{index}.bias", (out,)
            yield from _norm(f"{trunk}.{index + 1}", out)
    for head in ("netfcaud", "netfclip"):
        yield f"{head}.0.weight", (512, 512)
        yield f"{head}.0.bias", (512,)
        yield from _norm(f"{head}.1", 512)
        yield f"{head}.3.weight", (1024, 512)
        yield f"{head}.3.bias", (1024,)


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for each in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{each}", (width,)
    yield f"{name}.num_batches_tracked", ()


def tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random tensors by name: embeddings of about length 100, for pixels up to 255 and coefficients of about 1."""
    rng = np.random.default_rng(seed)

    def values(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if not shape:
            return np.array(1000, np.int64)
        noise = rng.standard_normal(shape, dtype=np.float32)
        if name.endswith("running_var"):
            # what the first layer sees of pixels is large: its statistics bring that back to about 1
            return (150.0**2 if name.startswith("netcnnlip.1.") else 1.0) * (1 + 0.1 * np.abs(noise))
        if len(shape) > 1:
            return noise * np.float32(np.sqrt(2 / np.prod(shape[1:])))
        return 0.01 * noise if name.endswith(("bias", "running_mean")) else 1 + 0.1 * noise

    return {
        name: torch.from_numpy(np.asarray(values(name, shape), np.int64 if not shape else np.float32))
        for name, shape in _shapes()
    }


def save(path: Path, network: dict[str, torch.Tensor]) -> Path:
    """Tensors as the published file has them."""
    torch.save(network, path, _use_new_zipfile_serialization=False)
    return path


def write(path: Path, seed: int = 0) -> Path:
    """A whole file of random weights."""
    return save(path, tensors(seed))
