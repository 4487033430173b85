"""Two workers are one with twice the units."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import multiprocessing

from pipeline.faces.objective import Judges
from pipeline.faces.training import Trainer
from pipeline.faces.training_clips import Pool
from tests.made.training import SHARED, gradients, parts, trainer
from tests.system.pipeline.faces import two_workers


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


@pytest.mark.slow
def test_two_workers_are_one_with_twice_the_units(pool: Pool, frozen: Judges, tmp_path: Path) -> None:
    alone = trainer(SHARED, pool, frozen)
    seen = [learned(alone, pool, step) for step in range(2)]
    multiprocessing.spawn(two_workers.work, (str(tmp_path),), nprocs=2)
    one, other = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert torch.equal(one["gradients"], other["gradients"])
    assert all(torch.equal(a, b) for a, b in zip(one["parameters"], other["parameters"], strict=True))
    assert apart(one["first"], one["alone"]) < 1e-5
    assert one["total"] == pytest.approx(seen[1]["total"], rel=1e-4)
    # Adam's first steps are as long for the smallest gradient as for the largest: rounding grows
    assert apart(one["gradients"], gradients(alone)) < 1e-2
    mine, theirs = (
        torch.cat([value.ravel() for value in each]) for each in (alone.model.parameters(), one["parameters"])
    )
    assert apart(mine, theirs) < 1e-6
    assert (mine - theirs).abs().max() <= 2 * 2 * SHARED.rate  # two steps, where a gradient is nothing but rounding
