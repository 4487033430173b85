"""How well the face mesh reads expressions off pictures as small as those of a training."""

from __future__ import annotations

from collections.abc import Callable

import torch

from models.face.mesh_expression import MeshExpression
from pipeline.faces.batches import drawn_batch
from pipeline.faces.training_clips import TrainingClips


def reliability(
    mesh: MeshExpression, clips: TrainingClips, units: int, side: int, each: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """How well it reads each number [K + 6] off the frames of clips: r^2 of its changes within clips, as read and as
    told by the landmarks. side: of aligned faces, in pixels. each: called for every unit."""
    seen: list[torch.Tensor] = []
    wanted: list[torch.Tensor] = []
    for unit in clips.sampler.units(0, units):
        each()
        drawn = drawn_batch(clips, [unit], side, 0)
        half = len(drawn.picture) // 2
        with torch.no_grad():
            numbers = mesh(drawn.detailed, drawn.pose).numbers
        for values, changes in ((numbers, seen), (drawn.expression, wanted)):
            changes.append(values[:half] - values[half:])
    one, other = torch.cat(seen), torch.cat(wanted)
    both = (one * other).sum(0).clamp_min(0)
    return both**2 / ((one**2).sum(0) * (other**2).sum(0)).clamp_min(1e-6)
