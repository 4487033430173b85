"""The face training as a task: what a step sees of its losses, and what it moves."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.face.checkpoint import read_recipe
from models.face.model import FaceModel
from pipeline.faces.batches import FrameBatch
from pipeline.faces.objective import LossNetworks, Objective
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.training_clips import TrainingClips
from pipeline.training.learner import Learner
from tests.made.training import SHORT, WITH_CRITIC, face_task, learner, seen

pytestmark = pytest.mark.slow


def taught(
    training: FaceTraining, pool: TrainingClips, frozen: LossNetworks
) -> tuple[Learner[FrameBatch], dict[str, float]]:
    """A learner after its first step, and the losses of that."""
    of = learner(training, pool, frozen)
    of.learn(face_task(training, pool, frozen).draw(0, 0, 1))
    return of, seen(of)


def model(of: Learner[FrameBatch]) -> FaceModel:
    assert isinstance(of.module, Objective)
    return of.module.model


def gradients(of: Learner[FrameBatch]) -> torch.Tensor:
    """All of the model's, in one row."""
    return torch.cat([value.grad.ravel() for value in model(of).parameters() if value.grad is not None])


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """Relative distance."""
    return float((one - other).norm() / other.norm())


def test_every_loss_with_a_weight_is_among_those_seen_and_none_is_zero(
    pool: TrainingClips, frozen: LossNetworks
) -> None:
    training = replace(WITH_CRITIC, every=1)
    _, found = taught(training, pool, frozen)
    names = {each.name for each in fields(LossWeights)} - {"pose"}  # tiny reads it from landmarks
    assert set(found) == names | {"total", "gradient", "critic"}
    assert all(np.isfinite(value) and value != 0 for value in found.values())
    weighed = sum(getattr(training.weights, name) * found[name] for name in names)
    assert found["total"] == pytest.approx(weighed, rel=1e-5)


def test_a_weight_of_nothing_leaves_the_loss_out(pool: TrainingClips, frozen: LossNetworks) -> None:
    """What is learned is then the same as where its network says something else."""
    training = replace(SHORT, every=1, weights=replace(LossWeights(), identity=0.0))
    one, other = taught(training, pool, frozen), taught(training, pool, replace(frozen, identity=None))
    assert one[1]["total"] == pytest.approx(other[1]["total"], rel=1e-5)
    assert apart(gradients(one[0]), gradients(other[0])) < 1e-5
    assert face_task(WITH_CRITIC, pool, frozen).adversary is not None
    weights = replace(LossWeights(), adversarial=0.0, matching=0.0)
    assert face_task(replace(WITH_CRITIC, weights=weights), pool, frozen).adversary is None


def test_workers_and_parts_share_a_step_s_units(pool: TrainingClips, frozen: LossNetworks) -> None:
    training = replace(SHORT, units=4, accumulate=2)
    task, alone = face_task(training, pool, frozen), face_task(replace(training, accumulate=1), pool, frozen)
    (whole,) = alone.draw(3, 0, 1)
    shares = [part for rank in range(2) for part in task.draw(3, rank, 2)]
    assert tuple(number for part in shares for number in part.numbers) == whole.numbers
    for name in ("picture", "noise"):
        halves = [torch.cat([getattr(part, name).chunk(2)[half] for part in shares]) for half in range(2)]
        assert torch.equal(torch.cat(halves), getattr(whole, name))


@pytest.mark.parametrize(
    ("rate", "parts"),
    [
        ("taught_rate", ("dynamics.",)),
        ("warp_rate", ("identity.", "to_canonical.mix.", "from_canonical.mix.", "to_canonical.blocks.")),
        ("flow_rate", ("to_canonical.out.", "from_canonical.out.")),
    ],
)
def test_what_is_taught_first_learns_at_its_own_rate(
    pool: TrainingClips, frozen: LossNetworks, rate: str, parts: tuple[str, ...]
) -> None:
    training = replace(SHORT, decay=0.0, **{rate: 0.0})  # type: ignore[arg-type]
    before = {name: value.clone() for name, value in model(learner(training, pool, frozen)).named_parameters()}
    of, _ = taught(training, pool, frozen)
    still = {name for name, value in model(of).named_parameters() if torch.equal(value, before[name])}
    assert {name for name in before if name.startswith(parts)} <= still
    learning = {"decoder.out.weight", "dynamics.told.weight", "from_canonical.out.weight", "to_canonical.mix.weight"}
    assert not {name for name in learning if not name.startswith(parts)} & still


def test_a_model_that_could_not_be_written_leaves_the_one_before(
    pool: TrainingClips, frozen: LossNetworks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = replace(face_task(SHORT, pool, frozen), out=tmp_path / "model.safetensors")
    average = task.module()
    task.save(average, {"step": 1})

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        task.save(average, {"step": 2})
    assert read_recipe(task.out)[1] == {"step": 1}
    assert os.listdir(tmp_path) == [task.out.name]
