"""Wav2Vec2 (Baevski et al., arXiv 2006.11477): features of speech at 25 Hz, aligned to video frames.

Its convolutions give floor((S - 400) / 320) + 1 frames of S samples at 16 kHz. With 40 zeros before and after,
s seconds give exactly 50 s frames, and frame j is centred on its own 20 ms; the mean of frames 2i and 2i + 1 belongs
to [i / 25, (i + 1) / 25).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.runtime.device import device as default_device
from models.runtime.device import moved
from models.speech.chunks import faded, spans, through
from models.speech.wav2vec2_folder import FIELD, HOP, RATE, check, load, normalises

__all__ = ["FRAME", "Wav2Vec2Features", "check"]

FRAME = 2 * HOP
"""Samples of one row of features, at 25 Hz."""
_MARGIN = (FIELD - HOP) // 2
# frames of the convolutions' blocks, and how many blocks go through at once
_BLOCK = 100
_BLOCKS = {"cpu": 1}
_BLOCKS_GPU = 16


class Wav2Vec2Features:
    """Hidden states of a Wav2Vec2 for 16 kHz mono sounds of any length, one row a video frame.

    path: the folder. layer: which hidden state, counted as in transformers: 0 what enters the first transformer block,
    k what leaves block k, negative from the end; -1 is the network's output (in networks with a final layer norm, the
    large ones, after it). Blocks above it are not run. chunk_s, overlap_s: a sound up to `chunk_s` seconds long is
    seen whole; the transformer sees a longer one in chunks of at most that length which share `overlap_s` seconds and
    fade into each other there. The convolutions and their group norm see every sound whole, so all that chunks change
    is what attention cannot reach. With random weights, whose attention does not mind distance, that is 11 % of the
    features' size in 130 s of speech (root mean square over 768 x 12; cosine of each row at least 0.99); weights that
    look mostly nearby should lose less. float32 on every device (on a GPU cuDNN's convolutions round to TF32,
    PyTorch's default).
    """

    def __init__(
        self,
        path: Path,
        device: torch.device | None = None,
        layer: int = -1,
        chunk_s: float = 120.0,
        overlap_s: float = 20.0,
    ) -> None:
        self._chunk, self._overlap = round(chunk_s * RATE / HOP), round(overlap_s * RATE / HOP)
        if not 0 <= self._overlap < self._chunk:
            raise ValueError(f"chunk_s={chunk_s:g}, overlap_s={overlap_s:g}: the overlap must be the shorter one")
        self._device = default_device() if device is None else device
        network = load(path)
        blocks = len(network.encoder.layers)
        if not -blocks - 1 <= layer <= blocks:
            raise ValueError(f"layer={layer}: {path} has hidden states 0 to {blocks}, or -1 to {-blocks - 1}")
        self._network = network.to(self._device)  # type: ignore[arg-type]
        self._depth = layer % (blocks + 1)
        self._normalise = normalises(path)

    @property
    def width(self) -> int:
        """Numbers in one row of features."""
        return int(self._network.config.hidden_size)

    @torch.inference_mode()
    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features [ceil(S / 640), width] float32 of each sound [S] float32 at 16 kHz, S > 0.

        Each sound is brought to mean 0 and variance 1 (where preprocessor_config.json does not say otherwise), then
        zero-padded to whole rows. Sounds in one batch do not change each other's features: what depends on a whole
        sound is done one by one, and only stretches of equal length share a batch in the transformer.
        """
        entering = [self._entering(item) for item in items]
        places = [spans(len(frames), self._chunk, self._overlap) for frames in entering]
        parts = {(i, a): entering[i][a:b] for i, around in enumerate(places) for a, b in around}
        pieces = through(parts, self._transformed)
        answers = []
        for i, around in enumerate(places):
            whole = faded([pieces[i, a] for a, _ in around], around)
            rows = whole.reshape(-1, 2, whole.shape[-1]).mean(1)
            answers.append(rows.cpu().numpy())
        return answers

    def _entering(self, sound: np.ndarray) -> torch.Tensor:
        """What enters the first transformer block, [2 * rows, width], of one sound [S]."""
        if not len(sound):
            raise ValueError("a sound of 0 samples has no features")
        x = moved(torch.from_numpy(np.array(sound, np.float32)), self._device)
        if self._normalise:
            x = (x - x.mean()) / torch.sqrt(x.var(correction=0) + 1e-7)
        rows = -(-len(x) // FRAME)
        x = functional.pad(x, (_MARGIN, rows * FRAME - len(x) + _MARGIN))
        hidden, _ = self._network.feature_projection(self._convolved(x, 2 * rows)[None])
        encoder = self._network.encoder
        hidden = hidden + encoder.pos_conv_embed(hidden)
        return hidden[0] if self._network.config.do_stable_layer_norm else encoder.layer_norm(hidden)[0]

    def _convolved(self, x: torch.Tensor, count: int) -> torch.Tensor:
        """The convolutions' output [count, channels] for padded sound [320 * count + 80], block by block.

        The same as in one go, but memory does not grow with the sound, and on a CPU blocks stay in the cache.
        """
        layers: list[Callable[[torch.Tensor], torch.Tensor]] = list(self._network.feature_extractor.conv_layers)
        if self._network.config.feat_extract_norm == "group":
            first: Any = layers[0]
            weight, bias = _normed(first.conv, first.layer_norm, x)
            layers[0] = lambda part: first.activation(functional.conv1d(part, weight, bias, first.conv.stride))
        blocks = math.ceil(count / _BLOCK)
        size = math.ceil(count / blocks)
        x = functional.pad(x, (0, HOP * (blocks * size - count)))
        out = []
        for part in x.unfold(0, HOP * size + 2 * _MARGIN, HOP * size).split(_BLOCKS.get(x.device.type, _BLOCKS_GPU)):
            hidden = part[:, None]
            for layer in layers:
                hidden = layer(hidden)
            out.append(hidden.transpose(1, 2))
        return torch.cat(out).flatten(0, 1)[:count]

    def _transformed(self, hidden: torch.Tensor) -> torch.Tensor:
        """What leaves the transformer's blocks [N, L, width] of what enters them."""
        encoder = self._network.encoder
        for block in encoder.layers[: self._depth]:
            hidden = block(hidden)
        if self._network.config.do_stable_layer_norm and self._depth == len(encoder.layers):
            hidden = encoder.layer_norm(hidden)
        return hidden


def _normed(conv: nn.Conv1d, norm: nn.GroupNorm, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of the convolution of sound [S] with the group norm that follows it folded in.

    The norm has one group a channel, and the convolution is linear: mean and variance of a channel over time follow
    from the mean and the second moments of the sound's windows, so no pass over the convolution's output is needed.
    """
    windows = x.unfold(0, conv.kernel_size[0], conv.stride[0]).double()
    mean = windows.mean(0)
    moments = (windows - mean).T @ (windows - mean) / len(windows)
    kernel = conv.weight[:, 0].double()
    gain = norm.weight / torch.sqrt(((kernel @ moments) * kernel).sum(1) + norm.eps)
    return (gain[:, None, None] * conv.weight).float(), (norm.bias - gain * (kernel @ mean)).float()
