"""CTranslate2 models, written as their own library writes them (format: models/speech/ctranslate2_file.py)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np

_KINDS = {np.dtype(kind): number for number, kind in enumerate((np.float32, np.int8, np.int16, np.int32, np.float16))}


def model_bytes(tensors: Mapping[str, np.ndarray], version: int = 6) -> bytes:
    """model.bin with these tensors."""
    parts = [struct.pack("<I", version), _text("WhisperSpec"), struct.pack("<II", 3, len(tensors))]
    for name, value in tensors.items():
        data = np.ascontiguousarray(value).tobytes()
        parts += [_text(name), struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)]
        parts += [struct.pack("<BI", _KINDS[value.dtype], len(data)), data]
    return b"".join(parts)


def _text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return struct.pack("<H", len(data)) + data
