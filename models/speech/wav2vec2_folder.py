"""Wav2Vec2 folders: config.json and model.safetensors, as facebook/wav2vec2-base-960h and its relatives publish them.

The network is that of `transformers`, but not its loader: that one prints what it did, and looks things up on a hub
when a file is missing. Here nothing is looked up, downloaded or printed, and weights are read as tensors alone
(`models.runtime.checkpoint`), a pytorch_model.bin too where there is no model.safetensors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch.nn.utils import parametrize
from transformers import Wav2Vec2Config, Wav2Vec2Model

from models.runtime.checkpoint import Shapes, WrongWeights, check_shapes, read_tensors, shapes_of

RATE = 16_000
"""Samples a second."""
HOP = 320
"""Samples from one frame of the convolutions to the next: 20 ms."""
FIELD = 400
"""Samples that one frame sees: 25 ms."""
_FILES = ("model.safetensors", "pytorch_model.bin")
_PREFIX = "wav2vec2."
_BARE = ("feature_extractor.", "feature_projection.", "encoder.")
# the positional convolution's weight norm: PyTorch's names of today and those of the published files
_NORM_NAMES = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
# replaces masked frames in training; facebook/wav2vec2-base-960h lacks it, others have it
_TRAINING_ONLY = "masked_spec_embed"


def check(path: Path) -> None:
    """Whether the folder holds a Wav2Vec2 this file can run. Raises WrongWeights naming the first tensor that differs.

    Of model.safetensors only the header is read.
    """
    network, file = _network(path), _weights_file(path)
    _names(file, network, _shapes(file))


def load(path: Path) -> Wav2Vec2Model:
    """The network of a folder with its weights, float32 on the CPU, in evaluation mode. Raises WrongWeights."""
    network, file = _network(path), _weights_file(path)
    found = read_tensors(file)
    names = _names(file, network, {name: tuple(value.shape) for name, value in found.items()})
    network.load_state_dict({ours: found[theirs].float() for ours, theirs in names.items()}, assign=True)
    parametrize.remove_parametrizations(network.encoder.pos_conv_embed.conv, "weight")
    return network.eval().requires_grad_(False)


def _network(path: Path) -> Wav2Vec2Model:
    """The network that the folder's config.json describes, without memory for its weights."""
    file = path / "config.json"
    config = _json(file)
    if config.get("model_type") != "wav2vec2":
        raise WrongWeights(f"{file}: model_type is {config.get('model_type')!r}, not 'wav2vec2'; get the right folder")
    try:
        made = Wav2Vec2Config.from_dict(config)
        with torch.device("meta"):
            network = Wav2Vec2Model(made)
    except (StrictDataclassError, TypeError, ValueError, KeyError) as error:
        said = " ".join(str(error).split())
        raise WrongWeights(f"{file}: describes no network ({said}); download it again") from error
    hop, field = 1, 1
    for kernel, stride in zip(made.conv_kernel, made.conv_stride, strict=True):
        field += (kernel - 1) * hop
        hop *= stride
    if (hop, field) != (HOP, FIELD) or made.add_adapter:
        raise WrongWeights(f"{file}: its frames are not 25 ms long and 20 ms apart; get a Wav2Vec2 of the usual kind")
    if hasattr(network, _TRAINING_ONLY):
        delattr(network, _TRAINING_ONLY)
    return network


def _weights_file(path: Path) -> Path:
    file = next((path / name for name in _FILES if (path / name).is_file()), None)
    if file is None:
        raise WrongWeights(f"{path}: has no {' or '.join(_FILES)}; put the published file beside config.json")
    return file


def normalises(path: Path) -> bool:
    """Whether sounds are brought to mean 0 and variance 1: yes, where no preprocessor_config.json says otherwise."""
    file = path / "preprocessor_config.json"
    if not file.is_file():
        return True
    config = _json(file)
    if config.get("sampling_rate", RATE) != RATE:
        raise WrongWeights(f"{file}: wants sound at {config['sampling_rate']} Hz; get a model for {RATE} Hz")
    return bool(config.get("do_normalize", True))


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise WrongWeights(f"{file}: not there; a Wav2Vec2 is a folder with config.json and {_FILES[0]}")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WrongWeights(f"{file}: not JSON ({error}); download it again") from error
    if not isinstance(found, dict):
        raise WrongWeights(f"{file}: holds no settings by name; download it again")
    return found


def _shapes(file: Path) -> Shapes:
    """Names and shapes of a file's tensors."""
    if file.suffix != ".safetensors":
        return {name: tuple(value.shape) for name, value in read_tensors(file).items()}
    try:
        with safe_open(file, framework="pt") as opened:
            return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WrongWeights(f"{file}: not a checkpoint ({error}); download it again") from error


def _names(file: Path, network: Wav2Vec2Model, found: Shapes) -> dict[str, str]:
    """The file's name of each of the network's tensors. Raises WrongWeights, in the file's names.

    Names may have the prefix "wav2vec2." of a network with a head on top; what lacks it then is the head. The
    positional convolution's weight norm may have its old names.
    """
    prefix = "" if any(name.startswith(_BARE) for name in found) else _PREFIX
    modern = any(name.endswith(tuple(_NORM_NAMES)) for name in found)
    expected = shapes_of(network)
    names = {ours: prefix + (ours if modern else _older(ours)) for ours in expected}
    unused = prefix + _TRAINING_ONLY
    body = {name: shape for name, shape in found.items() if name.startswith(prefix) and name != unused}
    check_shapes(file, body or found, {names[ours]: shape for ours, shape in expected.items()})
    return names


def _older(name: str) -> str:
    """A tensor's name in files written before PyTorch's parametrizations."""
    for now, before in _NORM_NAMES.items():
        name = name.replace(now, before)
    return name
