"""Whisper's encoder (Radford et al., arXiv 2212.04356) up to its second block: features of speech at 25 Hz.

Of people whose videos no regression has seen, these tell how far a mouth is open better than log-mel spectra do, and
better than what the later blocks make of them, which are about words (`benchmarks/speech_features.py`).

Whisper has a log-mel spectrum every 10 ms, which its second convolution halves. Here the first spectrum is centred
10 ms after the sound's beginning, so row j of what the network gives is centred on the 20 ms that are its own, and the
mean of rows 2i and 2i + 1 belongs to [i / 25, (i + 1) / 25).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from models.runtime.checkpoint import check_shapes
from models.runtime.device import device as default_device
from models.runtime.device import moved
from models.speech.chunks import faded, spans, through

RATE, FRAME = 16_000, 640
"""Samples a second, and those of one row of features."""
MELS, WIDTH, HEADS, BLOCKS = 80, 384, 6, 2
"""Of tiny.en, whose encoder has four blocks."""

_WINDOW, _HOP = 400, 160
_LONGEST = 1_500
"""Rows of 20 ms that Whisper has positions for."""
_REST = 25
"""Rows of silence behind a sound: with half a second of it the features are those of sound padded to 30 s, nearly."""
_LEAST = 1e-10
_DECADES = 8.0
_ROWS = FRAME // (2 * _HOP)


class WhisperEncoder(nn.Module):
    """Log-mel spectra [N, 80, 2 L], one every 10 ms, to hidden states after the second block, [N, L, 384]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                WIDTH, HEADS, 4 * WIDTH, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(BLOCKS)
        )
        self.register_buffer("positions", _positions(_LONGEST, WIDTH), persistent=False)
        self.positions: torch.Tensor

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        return self.after_blocks(self.convolved(spectra))

    def convolved(self, spectra: torch.Tensor) -> torch.Tensor:
        """What enters the blocks but for positions, [N, L, 384]."""
        return F.gelu(self.conv2(F.gelu(self.conv1(spectra)))).transpose(1, 2)

    def after_blocks(self, hidden: torch.Tensor) -> torch.Tensor:
        """What leaves the second block, of sequences [N, L, 384] that enter the first; L at most 1,500."""
        hidden = hidden + self.positions[: hidden.shape[1]]
        for block in self.blocks:
            hidden = block(hidden)
        return hidden


class WhisperFeatures:
    """Features of 16 kHz mono sounds of any length, one row a video frame.

    path: of a file of `WhisperEncoder`'s weights. chunk_s, overlap_s: a sound up to `chunk_s` seconds long (at most 29)
    is seen whole; a longer one in chunks of at most that length which share `overlap_s` seconds and fade into each
    other there. Spectra and convolutions see every sound whole: all that chunks change is what attention does not
    reach, and where in a chunk a moment is.

    That is no small thing. Of 28 s of speech (two clips), chunks of 10 s that share 4 s are off by .67 of the features'
    deviation (root mean square) and correlate with the whole at .94, number by number over time; chunks of 16 s by .56,
    at .96, however much they share. Were each moment in its chunk where it is in the whole, it would be .11 and .07: it
    is Whisper's positions that remain in its features, beside what is said.
    """

    width = WIDTH

    def __init__(
        self, path: Path, device: torch.device | None = None, chunk_s: float = 28.0, overlap_s: float = 4.0
    ) -> None:
        self._chunk, self._overlap = (round(each * RATE / (2 * _HOP)) for each in (chunk_s, overlap_s))
        if not 0 <= self._overlap < self._chunk <= _LONGEST - _REST:
            raise ValueError(
                f"chunk_s={chunk_s:g}, overlap_s={overlap_s:g}: the overlap must be the shorter one, and a chunk at "
                f"most {(_LONGEST - _REST) * 2 * _HOP / RATE:g} s"
            )
        self._device = default_device() if device is None else device
        network, tensors = WhisperEncoder(), load_file(path)
        wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        check_shapes(path, {name: tuple(value.shape) for name, value in tensors.items()}, wanted)
        network.load_state_dict(tensors)
        self._network = network.to(self._device).eval().requires_grad_(False)

    @torch.inference_mode()
    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features [ceil(S / 640), 384] float32 of each sound [S] float32 at 16 kHz, S > 0.

        Sounds in one batch do not change each other's features: only stretches of equal length share one.
        """
        entering = [self._entering(item) for item in items]
        places = [spans(len(rows) - _REST, self._chunk, self._overlap) for rows in entering]
        parts = {(i, a): entering[i][a : b + _REST] for i, around in enumerate(places) for a, b in around}
        pieces = through(parts, self._network.after_blocks)
        answers = []
        for i, around in enumerate(places):
            whole = faded([pieces[i, a][: b - a] for a, b in around], around)
            answers.append(whole.reshape(-1, _ROWS, WIDTH).mean(1).cpu().numpy())
        return answers

    def _entering(self, sound: np.ndarray) -> torch.Tensor:
        """What enters the first block, of one sound [S] and the silence behind it: [2 ceil(S / 640) + 25, 384]."""
        if not len(sound):
            raise ValueError("a sound of 0 samples has no features")
        rows = _ROWS * math.ceil(len(sound) / FRAME) + _REST
        x = moved(torch.from_numpy(np.array(sound, np.float32)), self._device)
        return self._network.convolved(log_mel(x, 2 * rows)[None])[0]


def log_mel(sound: torch.Tensor, count: int) -> torch.Tensor:
    """Whisper's log-mel spectra [80, count] of a sound [S] at 16 kHz, silent where it has ended; the k-th is centred
    10 (k + 1) ms after its beginning. What is more than eight decades under the loudest counts as that."""
    before = _WINDOW // 2 - _HOP
    padded = F.pad(sound, (before, max(0, count * _HOP + _WINDOW - before - len(sound))))
    window = torch.hann_window(_WINDOW, device=sound.device)
    spectrum = torch.stft(padded, _WINDOW, _HOP, window=window, center=False, return_complex=True)[:, :count]
    energy = torch.from_numpy(slaney_bank()).to(sound.device) @ spectrum.abs().square()
    decades = energy.clamp_min(_LEAST).log10()
    return (decades.clamp_min(decades.max() - _DECADES) + 4) / 4


@cache
def slaney_bank() -> np.ndarray:
    """Triangular filters [80, 201] of unit area on Slaney's mel scale (linear under 1 kHz), from 0 to 8 kHz, float32:
    those of librosa and of Whisper."""
    step = np.log(6.4) / 27

    def hz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel >= 15, 1000 * np.exp(step * (mel - 15)), mel * 200 / 3)

    edges = hz(np.linspace(0, 15 + np.log(RATE / 2 / 1000) / step, MELS + 2))
    bins = np.arange(_WINDOW // 2 + 1) * RATE / _WINDOW
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.minimum(rise, fall).clip(0) * area[:, None]).astype(np.float32)


def _positions(count: int, width: int) -> torch.Tensor:
    """Sinusoids [count, width]: sines, then cosines, of wavelengths from 2 pi to 10,000 times that."""
    half = width // 2
    rates = torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half))
    angles = torch.arange(count)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
