"""Face models as files: safetensors in half precision, with the preset's name and the training's recipe inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from models.face.model import ENCODERS, FaceModel
from models.face.presets import PRESETS, Preset
from models.runtime.checkpoint import WrongWeights, check_shapes

_PRESET, _RECIPE = "preset", "recipe"
_SPACE = "expression_space."
_FINE, _LIPS = "decoder.fine.", "lips."


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


def latents_of(path: Path) -> str | None:
    """The sha256 of the earlier file whose latents a file's model makes to the bit, its encoders being left as they
    were; None where it makes its own. Raises WrongWeights, also where it says so and has other encoders."""
    _, recipe = read_recipe(path)
    said = recipe.get("latents_of")
    if said is None:
        return None
    if said["encoders"] != encoders_hash(path):
        raise WrongWeights(
            f"{path}: says that it makes the latents of {said['sha256'][:12]}..., but its encoders are others: train "
            "it anew with jobs/train_faces.py"
        )
    return said["sha256"]


def encoders_hash(path: Path) -> str:
    """The blake2b hash of the tensors that decide a file's latents, and its pictures' volumes. Raises WrongWeights."""
    read_recipe(path)
    found = hashlib.blake2b(digest_size=16)
    for name, value in sorted(load_file(path).items()):
        if name.partition(".")[0] in ENCODERS:
            found.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
            found.update(value.numpy().tobytes())
    return found.hexdigest()


def load_model(path: Path) -> FaceModel:
    """The model of a file, in single precision on the CPU, ready to be used. Raises WrongWeights."""
    name, _ = read_recipe(path)
    tensors = {each: value for each, value in load_file(path).items() if not each.startswith(_SPACE)}
    model = FaceModel(_as_filed(PRESETS[name], tensors))
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


def _as_filed(preset: Preset, tensors: Collection[str]) -> Preset:
    """The preset as a file has it: models of earlier versions draw `tiny` without the finer planes, and are not told
    what lips hide."""
    fine, lips = (any(name.startswith(part) for name in tensors) for part in (_FINE, _LIPS))
    return replace(preset, fine=preset.fine if fine else 0, lips=lips)
