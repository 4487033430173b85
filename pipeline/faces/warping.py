"""The warps before the first picture: they learn from landmarks alone where the points of a moving face come from.

Of pictures that are not yet sharp, warps learn first of all to leave lips and lids where they are, and z_dyn is then of
no use to anything. Landmarks say from the first step where each point goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from models.face import losses
from models.face.model import FaceModel, Motion
from pipeline.faces.batches import FrameBatch, drawn_batch
from pipeline.faces.objective import posed_by, source_points
from pipeline.faces.rates import groups
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training_clips import TrainingClips
from pipeline.training.checkpoint import load, save
from pipeline.training.optimisation import Group, Optimisation, one_cycle
from pipeline.training.pretraining import Pretraining
from pipeline.training.task import Outcome, Quiet


class Warps(nn.Module):
    """What of a face model says where the points of a moving face come from: its warps and what they are told by."""

    def __init__(self, model: FaceModel) -> None:
        super().__init__()
        self._model = [model]  # in a list, so that its other networks are none of this one's
        for name in ("identity", "dynamics", "pose", "to_canonical", "from_canonical"):
            self.add_module(name, getattr(model, name))

    def forward(self, batch: FrameBatch, noise: float) -> tuple[torch.Tensor, Motion, torch.Tensor]:
        """z_dyn [N, Z], the motion that is driven by, and how far the warps are off (`losses.correspondence`)."""
        (model,) = self._model
        assert batch.noise is not None
        code = model.dynamics(batch.face, batch.landmark_features)
        own = Motion(posed_by(model, batch), code + noise * batch.noise)
        identity = model.identity(batch.picture)
        off = losses.landmark_warp(*source_points(model, batch, model.origin(identity, own), identity, own))
        return code, own, off


@dataclass(frozen=True)
class WarpTask(Quiet):
    """A model's warps, z_id, z_dyn and, where it is learned, z_pose learn from clips' landmarks."""

    model: FaceModel
    clips: TrainingClips
    training: FaceTraining

    name = "learning warps"

    @property
    def optimisation(self) -> Optimisation:
        training = self.training
        return Optimisation(
            steps=training.warp_steps,
            lr=training.lr,
            schedule=one_cycle,
            weight_decay=training.decay,
            clip=training.clip,
            precision="fp32",
            seed=training.seed,
        )

    @property
    def weights(self) -> dict[str, float]:
        weights = self.training.weights
        return {"landmark_warp": weights.landmark_warp, "expression": weights.expression, "pose": weights.pose}

    def module(self) -> Warps:
        return Warps(self.model)

    def groups(self, module: nn.Module) -> list[Group]:
        inside = set(module.parameters())
        every = groups(self.model, self.training)
        return [Group([each for each in group.parameters if each in inside], group.share) for group in every]

    def draw(self, step: int, rank: int, world: int) -> list[FrameBatch]:
        training = self.training
        units = self.clips.sampler.units(step, training.warp_units)
        drawn = drawn_batch(self.clips, units, self.model.preset.face, training.seed)
        return [replace(drawn, noise=self._noise[step])]

    def losses(self, module: nn.Module, batch: FrameBatch, step: int) -> Outcome:
        code, own, off = module(batch, self.training.noise)
        share = torch.from_numpy(self.clips.space.share).to(code)
        found = {"landmark_warp": off, "expression": losses.expression(code, batch.expression, share)}
        if self.model.pose is not None:
            found["pose"] = losses.pose(own.pose, batch.pose)
        return Outcome(found)

    @cached_property
    def _noise(self) -> torch.Tensor:
        """Normal numbers of all steps [steps, N, Z]: 3 MB of `tiny` as it is usually trained."""
        training = self.training
        random = torch.Generator().manual_seed(training.seed)
        return torch.randn((training.warp_steps, 4 * training.warp_units, self.model.preset.dynamics), generator=random)


def warped_at(path: Path, task: WarpTask, first: Pretraining) -> None:
    """Give a task's model the warps, and what they are told by, that are kept at `path`; they are trained first where
    they are not there. Errors: `fit`."""
    module = Warps(task.model)
    if not path.exists():
        first.trained(task, "landmark_warp")
        parts = {name: part.state_dict() for name, part in module.named_children()}
        save({**parts, "seconds": first.clock.seconds}, path)
        first.forget(task.name)
    kept = load(path)
    for name, part in module.named_children():
        part.load_state_dict(kept[name])
