"""Lessons that are stopped at any step end as those that were not."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from models.runtime.device import CPU
from pipeline.faces.lessons import Lesson, Notebook, teach
from pipeline.training.halt import Halt, Stopped

STEPS = 5


def after(checks: int) -> Halt:
    """To stop at the so-manieth question."""
    asked = iter(range(1, 1000))
    return Halt(asked=lambda: "SIGTERM" if next(asked) > checks else None)


def lesson(wrong: Callable[[int, float], float] = lambda step, loss: loss) -> Lesson[int]:
    """A layer that learns to answer 1, with noise from a generator of its own; wrong(step, 1) scales the loss."""
    torch.manual_seed(0)
    layer, random = nn.Linear(3, 1), torch.Generator().manual_seed(1)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=STEPS)

    def error(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        given = torch.full((2, 3), float(step)) + torch.randn((2, 3), generator=random)
        loss = ((layer(given) - 1) ** 2).mean()
        return loss * wrong(step, 1.0), loss.detach()

    parts = {"layer": layer}
    weights = list(layer.parameters())
    return Lesson("counting", STEPS, parts, weights, optimiser, schedule, lambda step: step, error, 1.0, random, True)


def taught(of: Lesson[int], notebook: Notebook, told: list[int] | None = None) -> torch.Tensor:
    teach(of, CPU, lambda step, error: told.append(step) if told is not None else None, lambda text: None, notebook)
    return torch.cat([value.detach().ravel() for value in of.parts["layer"].parameters()])


def test_a_lesson_stopped_after_every_step_ends_bit_for_bit_as_one_that_was_not(tmp_path: Path) -> None:
    whole = taught(lesson(), Notebook())
    path, told = tmp_path / "lessons.pt", []
    for step in range(1, STEPS + 1):
        with pytest.raises(Stopped) as stop:
            taught(lesson(), Notebook(path, after(0)), told)
        assert stop.value.at == f"counting: step {step} of {STEPS}"
    last = lesson()
    assert torch.equal(taught(last, Notebook(path), told), whole)
    assert told == [0, STEPS - 1]  # nothing was done twice
    assert [each.name for each in tmp_path.iterdir()] == ["lessons.pt"]


def test_what_is_learned_is_kept_meanwhile_and_forgotten_once_it_is_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "lessons.pt"
    often = Notebook(path, every=0.0)
    taught(lesson(), often)
    kept = Notebook(path)
    assert (kept.of("counting") or {})["step"] == STEPS
    assert kept.before > 0
    kept.close("counting")
    assert Notebook(path).of("counting") is None
    assert Notebook(path).before >= kept.before


def test_a_gradient_that_is_not_finite_leaves_the_step_out_and_too_many_end_the_lesson() -> None:
    said: list[str] = []
    of = lesson(lambda step, loss: math.inf if step == 1 else loss)
    teach(of, CPU, lambda step, error: None, said.append, Notebook())
    (line,) = said
    assert line.startswith("counting: step 1: the gradient of the network is nan; it is left out")
    assert all(torch.isfinite(value).all() for value in of.weights)
    with pytest.raises(FloatingPointError, match=r"step 2: the gradient of the network is .*--precision fp32"):
        taught(lesson(lambda step, loss: math.inf), Notebook())
