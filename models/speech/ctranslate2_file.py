"""Reading the tensors of a CTranslate2 model (`model.bin`): numbers alone, nothing in it is run.

Format: little-endian; a version, the kind of model and its revision, then name, shape, type and bytes of each tensor
(github.com/OpenNMT/CTranslate2, src/models/model.cc).
"""

from __future__ import annotations

import struct
from typing import IO

import numpy as np

from models.runtime.checkpoint import WrongWeights

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_VERSION = 6


def read_tensors(file: IO[bytes], name: str) -> dict[str, np.ndarray]:
    """The tensors of a model by their names. name: of the file, for WrongWeights."""
    try:
        (version,) = _numbers(file, "I")
        if version != _VERSION:
            raise WrongWeights(f"{name}: not a CTranslate2 model of version {_VERSION}, but of {version}")
        _text(file)
        _, count = _numbers(file, "II")
        return dict(_tensor(file) for _ in range(count))
    except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise WrongWeights(f"{name}: not a CTranslate2 model, or cut off ({error})") from error


def _tensor(file: IO[bytes]) -> tuple[str, np.ndarray]:
    name = _text(file)
    (rank,) = _numbers(file, "B")
    shape = _numbers(file, f"{rank}I")
    kind, size = _numbers(file, "BI")
    return name, np.frombuffer(file.read(size), _TYPES[kind]).reshape(shape)


def _text(file: IO[bytes]) -> str:
    (length,) = _numbers(file, "H")
    return file.read(length).rstrip(b"\0").decode()


def _numbers(file: IO[bytes], kinds: str) -> tuple[int, ...]:
    layout = struct.Struct(f"<{kinds}")
    return layout.unpack(file.read(layout.size))
