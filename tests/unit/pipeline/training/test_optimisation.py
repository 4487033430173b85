"""Schedules, and an optimiser that leaves steps out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pipeline.training.optimisation import Group, Optimisation, Optimiser, WarmUpThenDecay, one_cycle


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 57])
def test_one_cycle_is_pytorch_s(steps: int) -> None:
    adam = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, 0.5, total_steps=steps)
    for step in range(steps):
        pace = one_cycle(step, steps)
        (group,) = adam.param_groups
        assert 0.5 * pace.share == pytest.approx(group["lr"], rel=1e-6, abs=1e-9)
        assert pace.momentum == pytest.approx(group["betas"][0])
        adam.step()
        if step + 1 < steps:
            schedule.step()


def test_the_rate_rises_then_falls_to_a_twentieth() -> None:
    how = Optimisation(100, 2.0, WarmUpThenDecay(10, 0.4))
    rates = [how.lr_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert rates[9] == rates[59] == pytest.approx(2.0)
    assert all(a > b for a, b in zip(rates[61:], rates[62:], strict=False))
    assert how.lr_at(100) == pytest.approx(0.1)
    assert how.lr_at(200) == pytest.approx(0.1)
    assert Optimisation(100, 2.0).lr_at(99) == 2.0
    assert WarmUpThenDecay(0, 0.4)(0, 100) == WarmUpThenDecay(1, 0.4)(0, 100)


def weights(module: nn.Module) -> list[torch.Tensor]:
    return [value.detach().clone() for value in module.parameters()]


def test_groups_take_their_share_and_a_step_left_out_changes_nothing() -> None:
    module = nn.Linear(1, 1)
    how = Optimisation(10, 1e-2, weight_decay=0.0, clip=0.5)
    optimiser = Optimiser(module, [Group([module.weight]), Group([module.bias], 0.25)], how)
    moved = []
    for left_out in (0.0, 1.0):
        before = weights(module)
        optimiser.begin(0)
        module(torch.ones(4, 1)).sum().backward()
        assert optimiser.clipped() == pytest.approx(32**0.5)
        assert torch.stack([value.grad.norm() for value in module.parameters()]).norm() == pytest.approx(0.5)  # type: ignore[union-attr]
        optimiser.step(torch.tensor(left_out))
        moved.append([float((a - b).abs().max()) for a, b in zip(before, weights(module), strict=True)])
    assert moved[0] == pytest.approx([1e-2, 0.25e-2], rel=1e-3)
    assert moved[1] == [0.0, 0.0]
    assert {int(state["step"]) for state in optimiser.state_dict()["state"].values()} == {1}
