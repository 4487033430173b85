"""DDIM against what is known: an oracle for x0, and the posterior mean of a Gaussian."""

from __future__ import annotations

import pytest
import torch

from models.motion.sampler import ddim
from models.motion.schedule import CosineSchedule
from tests.made.motion import noise

SCHEDULE = CosineSchedule(1000)


@pytest.mark.parametrize("steps", [1, 2, 10, 50])
def test_an_oracle_s_motion_comes_out(steps: int) -> None:
    x0, asked = noise(3, seed=1), []

    def oracle(x: torch.Tensor, step: int) -> torch.Tensor:
        asked.append(step)
        return x0

    assert torch.equal(ddim(oracle, noise(3), SCHEDULE, steps), x0)
    assert asked == list(range(steps))


@pytest.mark.parametrize("steps", [2, 10, 50])
def test_between_its_steps_a_sample_is_x0_with_the_noise_that_it_began_with(steps: int) -> None:
    x0, begun, seen = noise(2, seed=1), noise(2), []

    def oracle(x: torch.Tensor, step: int) -> torch.Tensor:
        seen.append((x, torch.full((2,), SCHEDULE.times(steps)[step])))
        return x0

    ddim(oracle, begun, SCHEDULE, steps)
    for x, t in seen:
        assert torch.allclose(x, SCHEDULE.noised(x0, begun, t), atol=1e-4)


def test_of_a_gaussian_the_samples_have_its_mean_and_spread() -> None:
    """Of x0 with mean 3 and deviation .5, the best prediction is known in closed form."""
    mean, variance = 3.0, 0.25

    def posterior(x: torch.Tensor, t: int) -> torch.Tensor:
        signal = SCHEDULE.alpha_bar(torch.tensor(t)).float()
        gain = signal.sqrt() * variance / (signal * variance + 1 - signal)
        return mean + gain * (x - signal.sqrt() * mean)

    begun = torch.randn(50, 40, 10, generator=torch.Generator().manual_seed(0))
    drawn = ddim(lambda x, step: posterior(x, SCHEDULE.times(200)[step]), begun, SCHEDULE, 200)
    assert drawn.mean().item() == pytest.approx(mean, abs=0.02)
    assert drawn.std().item() == pytest.approx(variance**0.5, abs=0.02)
    blurred = ddim(lambda x, step: posterior(x, SCHEDULE.steps), noise(3), SCHEDULE, 1)
    assert torch.allclose(blurred, torch.full_like(blurred, mean), atol=1e-5)


def test_more_steps_than_the_schedule_has_are_refused() -> None:
    with pytest.raises(ValueError, match="1001 sampling steps"):
        ddim(lambda x, step: x, noise(1), SCHEDULE, 1001)
