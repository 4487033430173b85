"""The warps before the first picture: they learn from landmarks alone where the points of a moving face come from.

Of pictures that are not yet sharp, warps learn first of all to leave lips and lids where they are, and z_dyn is then of
no use to anything. Landmarks say from the first step where each point goes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from models.face import losses
from models.face.model import FaceModel, Motion
from pipeline.faces.batches import Batch, batch
from pipeline.faces.lessons import Lesson, Notebook, Tell, teach
from pipeline.faces.objective import posed_by, traced
from pipeline.faces.rates import groups
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training_clips import Pool
from pipeline.training.checkpoint import load, save

WARPS = "learning warps"
"""The lesson's name."""


def warped_at(
    path: Path,
    model: FaceModel,
    pool: Pool,
    training: FaceTraining,
    tell: Tell,
    say: Callable[[str], None] = lambda text: None,
    notebook: Notebook | None = None,
) -> None:
    """Give a model the warps, and what they are told by, that are kept at `path`; they are trained first where they are
    not there. say, notebook, and errors: `teach`."""
    parts, notebook = _moving(model), notebook or Notebook()
    if not path.exists():
        train_warps(model, pool, training, tell, say, notebook)
        save({name: part.state_dict() for name, part in parts.items()}, path)
        notebook.close(WARPS)
    kept = load(path)
    for name, part in parts.items():
        part.load_state_dict(kept[name])


def train_warps(
    model: FaceModel,
    pool: Pool,
    training: FaceTraining,
    tell: Tell,
    say: Callable[[str], None] = lambda text: None,
    notebook: Notebook | None = None,
) -> None:
    """Train a model's warps, z_id, z_dyn and, where it is learned, z_pose on a pool's landmarks.

    tell hears the step and by how many crop units the warps are off, in the mean of the steps since. say, notebook, and
    errors: `teach`.
    """
    weights, steps = training.weights, training.warp_steps
    device = next(model.parameters()).device
    share = torch.from_numpy(pool.space.share).to(device)
    random = torch.Generator().manual_seed(training.seed)
    parts = groups(model, training)
    optimiser = torch.optim.AdamW(parts, betas=(0.9, 0.99), weight_decay=training.decay)
    rates = [training.rate * part["share"] for part in parts]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps)

    def made(step: int) -> Batch:
        return batch(pool, pool.sampler.units(step, training.warp_units), model.preset.face, training.seed)

    def error(there: Batch) -> tuple[torch.Tensor, torch.Tensor]:
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
        return loss, wrong.detach()

    lesson = Lesson(
        WARPS,
        steps,
        _moving(model),
        list(model.parameters()),
        optimiser,
        schedule,
        made,
        error,
        training.clip,
        random,
        mean=True,
    )
    teach(lesson, device, tell, say, notebook or Notebook())


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
