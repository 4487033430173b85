"""The face training as a task: what a step sees of its losses, and what it moves."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.face.checkpoint import read_recipe
from models.face.model import FaceModel
from models.face.presets import TINY
from pipeline.faces.batches import FrameBatch
from pipeline.faces.objective import LossNetworks, Objective
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.training_clips import TrainingClips
from pipeline.training.distributed import ALONE
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


@pytest.mark.parametrize("pose", ["landmarks", "learned"])
def test_where_the_drawing_alone_learns_encoders_stay_to_the_bit(
    pool: TrainingClips, frozen: LossNetworks, tmp_path: Path, pose: Any
) -> None:
    """In the model, in its average, which moves fast at first, and in the file: latents of before are its own."""
    training = replace(WITH_CRITIC, learns="drawing", lr=1e-2, ema=0.5)
    plain = face_task(training, pool, frozen)
    task = replace(plain, model=FaceModel(replace(TINY, pose=pose)), out=tmp_path / "model.safetensors")
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    of = Learner(task, torch.device("cpu"), ALONE, lambda text: None)
    for step in range(3):
        of.learn(task.draw(step, 0, 1))
    assert of.left_out == 0
    task.save(of.average, {"step": 3})
    assert isinstance(of.average, Objective)
    kept = ("appearance.", "identity.", "dynamics.", *(["pose."] if pose == "learned" else []))
    encoders = {name for name in before if name.startswith(kept)}
    assert {name.partition(".")[0] + "." for name in encoders} == set(kept)
    half = {name: value.half() for name, value in before.items()}
    for found, given in (
        (model(of).state_dict(), before),
        (of.average.model.state_dict(), before),
        (load_file(task.out), half | {name: value for name, value in load_file(task.out).items() if name not in half}),
    ):
        moved = {name for name, value in found.items() if not torch.equal(value, given[name])}
        assert moved & encoders == set()
        assert {"decoder.fine.out.weight", "decoder.out.weight", "to_canonical.mix.weight"} <= moved


def test_only_pictures_of_which_there_is_a_true_one_are_matched(pool: TrainingClips, frozen: LossNetworks) -> None:
    """People driven by others are behind them; the discriminator judges all alike."""
    adversary = face_task(WITH_CRITIC, pool, frozen).adversary
    assert adversary is not None
    torch.manual_seed(0)
    net = adversary.module().eval()
    real, made = (tuple(torch.rand(count, 3, side, side) for side in (96, 24)) for count in (2, 3))
    for each in made:
        each[2] = 0
    with torch.no_grad():
        among, alone = adversary.losses(net, real, made), adversary.losses(net, real, tuple(each[:2] for each in made))
    assert among["matching"] == pytest.approx(float(alone["matching"]), rel=1e-5)
    assert among["adversarial"] != pytest.approx(float(alone["adversarial"]), rel=1e-4)


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
