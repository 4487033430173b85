"""Motion generators as files: safetensors with sizes, latent space and the training's recipe inside.

Weights are in half precision; statistics, which scale all that is drawn, in single.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from models.motion.model import MotionModel
from models.motion.presets import MotionPreset
from models.motion.space import MotionSpace
from models.runtime.checkpoint import WrongWeights, check_shapes, shapes_of

_PRESET, _SPACE, _RECIPE = "motion_preset", "motion_space", "recipe"
_SINGLE = "statistics."


def save_model(model: MotionModel, recipe: Mapping[str, Any], path: Path) -> None:
    """Write a model. recipe: JSON-ready, how it was trained and on what."""
    tensors = {name: _as_kept(name, value) for name, value in model.state_dict().items()}
    card = {_PRESET: asdict(model.preset), _SPACE: asdict(model.space), _RECIPE: dict(recipe)}
    save_file(tensors, path, metadata={name: json.dumps(value) for name, value in card.items()})


def read_card(path: Path) -> tuple[MotionPreset, MotionSpace, dict[str, Any]]:
    """(sizes, latent space, recipe) of a file. Raises WrongWeights when it is no motion generator."""
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
        found = [json.loads(said[name]) for name in (_PRESET, _SPACE, _RECIPE)]
        return MotionPreset.of_values(found[0]), MotionSpace(**found[1]), found[2]
    except (SafetensorError, OSError) as error:
        raise WrongWeights(f"{path}: not a motion generator ({error}); give a file that a training wrote") from error
    except (KeyError, TypeError, ValueError) as error:
        raise WrongWeights(
            f"{path}: not a motion generator of this version ({error}); give a file that a training of motion wrote"
        ) from error


def load_model(path: Path) -> MotionModel:
    """The model of a file, in single precision on the CPU, ready to be used. Raises WrongWeights."""
    preset, space, _ = read_card(path)
    model = MotionModel(preset, space)
    tensors = load_file(path)
    check_shapes(path, {name: tuple(value.shape) for name, value in tensors.items()}, shapes_of(model))
    model.load_state_dict(tensors)
    return model.eval().requires_grad_(False)


def _as_kept(name: str, value: torch.Tensor) -> torch.Tensor:
    precision = torch.float32 if name.startswith(_SINGLE) else torch.float16
    return value.detach().to("cpu", precision).contiguous()
