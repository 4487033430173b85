"""Synchronisation networks as files: safetensors, with what sound they take and how they were trained inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from models.runtime.checkpoint import WrongWeights, load_into
from models.sync.network import SyncNetwork

_AUDIO, _RECIPE = "audio", "recipe"


def save_sync(network: SyncNetwork, audio: Mapping[str, Any], recipe: Mapping[str, Any], path: Path) -> None:
    """Write a network. audio: JSON-ready, the features of sound that it takes: variant (of stage audio) and width.
    recipe: JSON-ready, how it was trained and on what."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(tensors, path, metadata={_AUDIO: json.dumps(dict(audio)), _RECIPE: json.dumps(dict(recipe))})


def read_sync_recipe(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(audio, recipe) as `save_sync` takes them. Raises WrongWeights."""
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WrongWeights(f"{path}: not a sync network ({error}); train one with jobs/train_sync.py") from error
    if _AUDIO not in said or _RECIPE not in said:
        raise WrongWeights(f"{path}: not a sync network of this project; train one with jobs/train_sync.py")
    return json.loads(said[_AUDIO]), json.loads(said[_RECIPE])


def load_sync(path: Path) -> SyncNetwork:
    """The network of a file, on the CPU, ready to be used. Raises WrongWeights."""
    audio, _ = read_sync_recipe(path)
    network = SyncNetwork(int(audio["width"]))
    load_into(network, path)
    return network.requires_grad_(False)
