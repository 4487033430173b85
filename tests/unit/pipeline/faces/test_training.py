"""One process's training: steps, parts and workers, and that it can be taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.faces.objective import Judges
from pipeline.faces.settings import LossWeights
from pipeline.faces.training import Trainer
from pipeline.faces.training_clips import Pool
from pipeline.training.checkpoint import load, save
from pipeline.training.finite import MOST
from tests.made.training import SHARED, SHORT, WITH_CRITIC, gradients, only, parts, trainer

pytestmark = pytest.mark.slow


def learned(of: Trainer, pool: Pool, step: int, count: int = 1) -> dict[str, float]:
    return of.learn(iter(parts(pool, pool.sampler.units(step, of._training.units), count)))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the other processes have: rounding depends on how many."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """Relative distance."""
    return float((one - other).norm() / other.norm())


def test_every_loss_with_a_weight_is_among_those_seen_and_none_is_zero(pool: Pool, frozen: Judges) -> None:
    training = replace(WITH_CRITIC, every=1)
    seen = learned(trainer(training, pool, frozen), pool, 0)
    names = {each.name for each in fields(LossWeights)} - {"pose"}  # tiny reads it from landmarks
    assert set(seen) == names | {"total", "gradient", "critic"}
    assert all(np.isfinite(value) and value != 0 for value in seen.values())
    weighed = sum(getattr(training.weights, name) * seen[name] for name in names)
    assert seen["total"] == pytest.approx(weighed, rel=1e-5)


def test_a_weight_of_nothing_leaves_the_loss_out(pool: Pool, frozen: Judges) -> None:
    """What is learned is then the same as where its network says something else."""
    weights = replace(LossWeights(), identity=0.0)
    training = replace(SHORT, every=1, weights=weights)
    one, other = trainer(training, pool, frozen), trainer(training, pool, replace(frozen, identity=None))
    seen = learned(one, pool, 0), learned(other, pool, 0)
    assert seen[0]["total"] == pytest.approx(seen[1]["total"], rel=1e-5)
    assert apart(gradients(one), gradients(other)) < 1e-5
    assert trainer(WITH_CRITIC, pool, frozen)._has_critic
    weights = replace(LossWeights(), adversarial=0.0, matching=0.0)
    assert not trainer(replace(WITH_CRITIC, weights=weights), pool, frozen)._has_critic


def test_two_parts_are_one_step(pool: Pool, frozen: Judges) -> None:
    """Also where whose turn it is all lies in one part. The discriminator sees each part by itself."""
    whole, halves = (trainer(replace(SHARED, adversarial=2.0), pool, frozen) for _ in range(2))
    seen = learned(whole, pool, 0), learned(halves, pool, 0, 2)
    assert apart(gradients(halves), gradients(whole)) < 1e-5
    assert seen[1] == pytest.approx(seen[0], rel=1e-5)


def test_a_state_taken_up_goes_on_bit_for_bit(pool: Pool, frozen: Judges, tmp_path: Path) -> None:
    one = trainer(WITH_CRITIC, pool, frozen)
    learned(one, pool, 0)
    save(one.state(), tmp_path / "state.pt")
    other = trainer(WITH_CRITIC, pool, frozen)
    other.restore(load(tmp_path / "state.pt"))
    assert other.step == 1
    assert learned(other, pool, 1) == learned(one, pool, 1)
    for name, part in one._parts.items():
        state = other._parts[name].state_dict()
        assert all(torch.equal(state[key], value) for key, value in part.state_dict().items()), name
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def test_the_average_follows_slowly(pool: Pool, frozen: Judges) -> None:
    one = trainer(replace(SHORT, ema=0.5, rate=1e-2), pool, frozen)
    first = [value.clone() for value in one.average.parameters()]
    learned(one, pool, 0)
    keep = 1 / 10  # at first it follows fast, whatever `ema` says
    for before, mean, value in zip(first, one.average.parameters(), one.model.parameters(), strict=True):
        assert torch.allclose(mean, keep * before + (1 - keep) * value, atol=1e-6)
    assert not any(value.requires_grad for value in one.average.parameters())


def everything(of: Trainer) -> list[torch.Tensor]:
    """All that a step changes, but for the discriminator's estimates of its largest singular values."""
    learned = [value.detach().clone() for part in of._parts.values() for value in part.parameters()]
    return learned + [
        value.clone()
        for optimiser in (of._optimiser, of._critic_optimiser)
        for state in optimiser.state.values()
        for value in state.values()
    ]


def test_a_gradient_that_is_not_finite_leaves_the_step_out_and_too_many_stop_the_training(
    pool: Pool, frozen: Judges
) -> None:
    said: list[str] = []
    one = trainer(replace(SHORT, weights=only(reconstruction=float("inf"))), pool, frozen, tell=said.append)
    before = everything(one)
    for step in range(MOST - 1):
        assert learned(one, pool, step) == {}
        assert one.step == step + 1
    with pytest.raises(FloatingPointError, match=f"step {MOST - 1}.*of the model is.*--precision fp32"):
        learned(one, pool, MOST - 1)
    assert all(torch.equal(a, b) for a, b in zip(before, everything(one), strict=True))
    assert [text.partition(":")[0] for text in said] == [f"step {step}" for step in range(MOST - 1)]


def test_the_discriminator_s_gradient_is_looked_at_too(pool: Pool, frozen: Judges) -> None:
    """No weight of it may move by what is not a number, nor the model's that learns beside it."""
    said: list[str] = []
    one = trainer(WITH_CRITIC, pool, frozen, tell=said.append)
    assert "critic" in learned(one, pool, 0)
    before = everything(one)
    spoilt = next(one._critic.parameters()).requires_grad_(True).register_hook(lambda gradient: gradient * float("inf"))
    assert learned(one, pool, 1) == {}
    assert all(torch.equal(a, b) for a, b in zip(before, everything(one), strict=True))
    assert (one.step, one.left_out) == (2, 1)
    (line,) = said
    assert line.startswith("step 1: the gradient of the discriminator is ")
    spoilt.remove()
    again = trainer(WITH_CRITIC, pool, frozen)
    again.restore(one.state())
    assert again.left_out == 1
    assert np.isfinite(learned(one, pool, 2)["critic"])
    assert not all(torch.equal(a, b) for a, b in zip(before, everything(one), strict=True))


@pytest.mark.parametrize(
    ("rate", "parts"),
    [
        ("taught_rate", ("dynamics.",)),
        ("warp_rate", ("identity.", "to_canonical.mix.", "from_canonical.mix.", "to_canonical.blocks.")),
        ("flow_rate", ("to_canonical.out.", "from_canonical.out.")),
    ],
)
def test_what_is_taught_first_learns_at_its_own_rate(
    pool: Pool, frozen: Judges, rate: str, parts: tuple[str, ...]
) -> None:
    one = trainer(replace(SHORT, decay=0.0, **{rate: 0.0}), pool, frozen)  # type: ignore[arg-type]
    before = {name: value.clone() for name, value in one.model.named_parameters()}
    learned(one, pool, 0)
    still = {name for name, value in one.model.named_parameters() if torch.equal(value, before[name])}
    assert {name for name in before if name.startswith(parts)} <= still
    learning = {"decoder.out.weight", "dynamics.told.weight", "from_canonical.out.weight", "to_canonical.mix.weight"}
    assert not {name for name in learning if not name.startswith(parts)} & still
