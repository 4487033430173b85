"""Silero VAD: the probability of speech for every 32 ms of 16 kHz sound.

Source: github.com/snakers4/silero-vad (MIT). The package's sequence network takes a whole sound in one call, so the
package itself, which imports torch, is not needed.
"""

from __future__ import annotations

import numpy as np
import onnxruntime

from models.weights.registry import weights

RATE = 16_000
CHUNK = 512
_CONTEXT = 64
_BLOCK = 2048


class SileroVad:
    """One ONNX session, one thread; state does not carry over between sounds."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(weights("silero_vad").path()), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, sound: np.ndarray) -> np.ndarray:
        """Probabilities [ceil(S / 512)] float32 of sound [S] float32 at 16 kHz; the last chunk is zero-padded."""
        count = -(-len(sound) // CHUNK)
        if count == 0:
            return np.zeros(0, np.float32)
        padded = np.zeros(_CONTEXT + count * CHUNK, np.float32)
        padded[_CONTEXT : _CONTEXT + len(sound)] = sound
        chunks = np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + CHUNK)[::CHUNK]
        hidden = cell = np.zeros((1, 1, 128), np.float32)
        out = []
        for start in range(0, count, _BLOCK):
            block = np.ascontiguousarray(chunks[start : start + _BLOCK])
            speech, hidden, cell = self._session.run(None, {"input": block, "h": hidden, "c": cell})
            out.append(speech.reshape(-1))
        return np.concatenate(out)
