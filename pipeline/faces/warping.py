"""The warps before the first picture: they learn from landmarks alone where the points of a moving face come from.

Of pictures that are not yet sharp, warps learn first of all to leave lips and lids where they are, and z_dyn is then of
no use to anything. Landmarks say from the first step where each point goes.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from models.face.model import FaceModel, Motion
from pipeline.faces import losses
from pipeline.faces.ahead import made_ahead
from pipeline.faces.batches import Batch, batch
from pipeline.faces.objective import posed_by, traced
from pipeline.faces.rates import groups
from pipeline.faces.reading import Tell
from pipeline.faces.settings import FaceTraining
from pipeline.faces.store import Pool
from pipeline.faces.training import load, save


def warped_at(path: Path, model: FaceModel, pool: Pool, training: FaceTraining, tell: Tell) -> None:
    """Give a model the warps, and what they are told by, that are kept at `path`; they are trained first where they are
    not there."""
    parts = _moving(model)
    if not path.exists():
        train_warps(model, pool, training, tell)
        save({name: part.state_dict() for name, part in parts.items()}, path)
    kept = load(path)
    for name, part in parts.items():
        part.load_state_dict(kept[name])


def train_warps(model: FaceModel, pool: Pool, training: FaceTraining, tell: Tell) -> None:
    """Train a model's warps, z_id, z_dyn and, where it is learned, z_pose on a pool's landmarks.

    tell hears the step and by how many crop units the warps are off, in the mean of the steps since.
    """
    weights, steps = training.weights, training.warp_steps
    device = next(model.parameters()).device
    share = torch.from_numpy(pool.space.share).to(device)
    random = torch.Generator().manual_seed(training.seed)
    parts = groups(model, training)
    optimiser = torch.optim.AdamW(parts, betas=(0.9, 0.99), weight_decay=training.decay)
    rates = [training.rate * part["share"] for part in parts]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps)
    off: list[float] = []

    def made(step: int) -> Batch:
        return batch(pool, pool.sampler.units(step, training.warp_units), model.preset.face, training.seed)

    for step, there in enumerate(made_ahead(made, range(steps), device)):
        drawn = there.to(device)
        code = model.dynamics(drawn.face, drawn.told)
        noise = training.noise * torch.randn(code.shape, generator=random)
        own = Motion(posed_by(model, drawn), code + noise.to(device))
        identity = model.identity(drawn.picture)
        wrong = losses.correspondence(*traced(model, drawn, model.origin(identity, own), identity, own))
        loss = weights.correspondence * wrong
        loss = loss + weights.expression * losses.expression(code, drawn.expression, share)
        if model.pose is not None:
            loss = loss + weights.pose * losses.pose(own.pose, drawn.pose)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), training.clip)
        optimiser.step()
        schedule.step()
        off.append(float(wrong.detach()))
        if step % 100 == 0 or step == steps - 1:
            tell(step, sum(off) / len(off))
            off = []


def _moving(model: FaceModel) -> dict[str, nn.Module]:
    """What is trained here, by name."""
    parts: dict[str, nn.Module | None] = {
        "identity": model.identity,
        "dynamics": model.dynamics,
        "pose": model.pose,
        "to_canonical": model.to_canonical,
        "from_canonical": model.from_canonical,
    }
    return {name: part for name, part in parts.items() if part is not None}
