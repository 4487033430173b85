"""Face models as files: safetensors in half precision, with the preset's name and the training's recipe inside."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from models.checkpoint import WrongWeights, check_shapes
from models.face.model import FaceModel
from models.face.presets import PRESETS

_PRESET, _RECIPE = "preset", "recipe"


def save_model(model: FaceModel, recipe: Mapping[str, Any], path: Path) -> None:
    """Write a model, whole or not at all. recipe: JSON-ready, how it was trained and on what."""
    tensors = {
        name: value.detach().to("cpu", torch.float16 if value.is_floating_point() else value.dtype).contiguous()
        for name, value in model.state_dict().items()
    }
    temporary = path.with_name(f".{path.name}.tmp")
    save_file(tensors, temporary, metadata={_PRESET: model.preset.name, _RECIPE: json.dumps(dict(recipe))})
    os.replace(temporary, path)


def read_recipe(path: Path) -> tuple[str, dict[str, Any]]:
    """(name of the preset, recipe) of a file. Raises WrongWeights when it is no face model."""
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WrongWeights(f"{path}: not a face model ({error}); train one with jobs/train_faces.py") from error
    if said.get(_PRESET) not in PRESETS:
        raise WrongWeights(f"{path}: not a face model of this project; train one with jobs/train_faces.py")
    return said[_PRESET], json.loads(said[_RECIPE])


def load_model(path: Path) -> FaceModel:
    """The model of a file, in single precision on the CPU, ready to be used. Raises WrongWeights."""
    name, _ = read_recipe(path)
    model = FaceModel(PRESETS[name])
    tensors = load_file(path)
    found = {each: tuple(value.shape) for each, value in tensors.items()}
    check_shapes(path, found, {each: tuple(value.shape) for each, value in model.state_dict().items()})
    model.load_state_dict(tensors)
    return model.eval().requires_grad_(False)
