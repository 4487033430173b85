"""Face models as files: safetensors in half precision, with the preset's name and the training's recipe inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from models.face.model import FaceModel
from models.face.presets import PRESETS
from models.runtime.checkpoint import WrongWeights, check_shapes

_PRESET, _RECIPE = "preset", "recipe"
_SPACE = "expression_space."


def save_model(
    model: FaceModel, recipe: Mapping[str, Any], path: Path, space: Mapping[str, np.ndarray] | None = None
) -> None:
    """Write a model. recipe: JSON-ready, how it was trained and on what.

    space: arrays of the expression space that its z_dyn was taught, by name; in the file they are named
    expression_space.NAME, in single precision.
    """
    tensors = {
        name: value.detach().to("cpu", torch.float16 if value.is_floating_point() else value.dtype).contiguous()
        for name, value in model.state_dict().items()
    }
    tensors |= {_SPACE + name: torch.from_numpy(array).contiguous() for name, array in (space or {}).items()}
    save_file(tensors, path, metadata={_PRESET: model.preset.name, _RECIPE: json.dumps(dict(recipe))})


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
    tensors = {each: value for each, value in load_file(path).items() if not each.startswith(_SPACE)}
    found = {each: tuple(value.shape) for each, value in tensors.items()}
    check_shapes(path, found, {each: tuple(value.shape) for each, value in model.state_dict().items()})
    model.load_state_dict(tensors)
    return model.eval().requires_grad_(False)


def read_space(path: Path) -> dict[str, np.ndarray] | None:
    """The expression space that a file's model was taught, by name; None where it does not say. Raises WrongWeights."""
    read_recipe(path)
    with safe_open(path, framework="np") as file:
        names = [name for name in file.keys() if name.startswith(_SPACE)]  # noqa: SIM118 - it is no dictionary
        found = {name.removeprefix(_SPACE): file.get_tensor(name) for name in names}
    return found or None
