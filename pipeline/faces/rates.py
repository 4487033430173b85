"""How fast each part of a face model learns: shares of the learning rate."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from models.face.model import ENCODERS, FaceModel
from pipeline.faces.settings import FaceTraining
from pipeline.training.optimisation import Group


def groups(model: FaceModel, training: FaceTraining) -> list[Group]:
    """All parameters that learn.

    Adam moves every weight by about the rate, whatever its gradient. What is taught before all else would be forgotten
    at the whole rate; and a warp's last layer, whose few hundred weights all move one flow, would throw it about by far
    more than a lip's way, until the warps learn to leave z_dyn alone.
    """
    warps = (model.to_canonical, model.from_canonical)
    shares = [
        (training.flow_rate, [layer for warp in warps for layer in warp.out.parameters()]),
        (training.warp_rate, [*_parameters(warps), *model.identity.parameters()]),
        (training.taught_rate, _parameters([model.dynamics, *([] if model.pose is None else [model.pose])])),
        (1.0, list(model.parameters())),
    ]
    frozen = {} if training.learns == "all" else set(_parameters(encoders(model)))
    taken: set[nn.Parameter] = set()
    found = []
    for share, parameters in shares:
        found.append(Group([each for each in parameters if each not in taken and each not in frozen], share))
        taken.update(parameters)
    return found


def encoders(model: FaceModel) -> list[nn.Module]:
    """What makes a model's latents, and the volume of a picture."""
    parts = (getattr(model, name) for name in ENCODERS)
    return [part for part in parts if part is not None]


def _parameters(parts: Iterable[nn.Module]) -> list[nn.Parameter]:
    return [each for part in parts for each in part.parameters()]
