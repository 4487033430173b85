"""Warps that landmarks teach follow z_dyn before a picture has been drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import pad

from models.face import losses
from models.face.dynamics import DynamicsEncoder
from models.face.landmarks import EXPRESSIVE, INNER_MOUTH, MOUTH
from models.face.model import FaceModel, Motion
from models.face.presets import TINY, Preset
from pipeline.faces.batches import drawn_batch
from pipeline.faces.objective import source_points
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.training_clips import TrainingClips
from pipeline.faces.warping import WarpTask
from pipeline.training.pretraining import Pretraining
from tests.made.training import SHORT, only

TRAINING = replace(SHORT, warp_units=1)
LEARNED = replace(TINY, pose="learned")


def untrained(preset: Preset = TINY) -> FaceModel:
    torch.manual_seed(0)
    return FaceModel(preset)


class Mouth(DynamicsEncoder):
    """A z_dyn that has been taught already: its first number is how far the lips are apart."""

    def forward(self, face: torch.Tensor, told: torch.Tensor | None = None) -> torch.Tensor:
        assert told is not None
        upper, lower = (told[:, 3 * EXPRESSIVE.index(point) + 1] for point in (13, 14))
        return pad((lower - upper)[:, None] / 2 - 1, (0, TINY.dynamics - 1))


def off(pool: TrainingClips, training: FaceTraining) -> float:
    """How far warps that were taught are off at lower lips that they did not learn from; 1: as far as without z_dyn."""
    model = untrained()
    model.dynamics = Mouth(TINY)
    Pretraining(tell=lambda text: None).trained(WarpTask(model, pool, training), "landmark_warp")
    drawn = drawn_batch(pool, pool.sampler.units(10_000, 8), TINY.face, 0)
    lower = [EXPRESSIVE.index(point) for point in (*MOUTH[11:], *INNER_MOUTH[11:])]
    with torch.no_grad():
        code, who = model.dynamics(drawn.face, drawn.landmark_features), model.identity(drawn.picture)
        motions = [Motion(drawn.pose, each) for each in (code, code.mean(0).expand_as(code))]
        both = [source_points(model, drawn, model.origin(who, own), who, own) for own in motions]
    with_it, without = (float((found - where)[:, lower].abs().mean()) for found, where in both)
    return with_it / without


@pytest.mark.slow
def test_warps_follow_z_dyn_before_a_picture_is_drawn(pool: TrainingClips) -> None:
    """Points of a mouth that opens come from where they were, as z_dyn says: .82 to .92, as machines calculate."""
    short = replace(TRAINING, warp_steps=200, weights=only(landmark_warp=LossWeights().landmark_warp))
    assert off(pool, short) < 0.95
    # at the whole rate z_dyn is of no use to them
    assert off(pool, replace(short, warp_steps=60, warp_rate=1.0, flow_rate=1.0)) > 0.97


@pytest.mark.slow
def test_a_learned_pose_is_taught_with_the_warps(pool: TrainingClips, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few frames' poses are learned by heart."""
    model, drawn = untrained(LEARNED), drawn_batch(pool, pool.sampler.units(0, 2), TINY.face, 0)
    monkeypatch.setattr("pipeline.faces.warping.drawn_batch", lambda *_: drawn)
    assert model.pose is not None
    with torch.no_grad():
        before = losses.pose(model.pose(drawn.picture), drawn.pose)
    Pretraining().trained(WarpTask(model, pool, replace(TRAINING, warp_steps=30, warp_units=2)), "pose")
    with torch.no_grad():
        assert losses.pose(model.pose(drawn.picture), drawn.pose) < 0.5 * before
