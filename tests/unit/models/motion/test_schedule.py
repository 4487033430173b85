"""The cosine schedule has the published values, and noise is added as it says."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.motion.schedule import CosineSchedule


@pytest.mark.parametrize("steps", [4, 500, 1000])
def test_the_signal_at_the_quarters(steps: int) -> None:
    found = CosineSchedule(steps).alpha_bar(torch.tensor([steps // 4, steps // 2, 3 * steps // 4]))
    assert found.tolist() == pytest.approx([0.847012, 0.493844, 0.144272], abs=1e-6)


@given(st.integers(1, 3000))
def test_signal_falls_from_all_to_none(steps: int) -> None:
    schedule = CosineSchedule(steps)
    signal = schedule.alpha_bar(torch.arange(steps + 1))
    assert signal[0] == 1
    assert signal[-1] == pytest.approx(0, abs=1e-30)
    assert (signal.diff() < 0).all()
    snr = schedule.snr(torch.arange(steps + 1))
    assert snr[0] == float("inf")
    assert (snr.diff() < 0).all()
    assert torch.allclose(snr[1:] / (1 + snr[1:]), signal[1:], rtol=1e-9)


def test_noised_motion_keeps_the_variance_and_the_share_of_the_signal() -> None:
    random = torch.Generator().manual_seed(0)
    schedule, t = CosineSchedule(1000), torch.tensor([0, 250, 500, 1000])
    x0, noise = (torch.randn(4, 200, 100, generator=random) for _ in range(2))
    x = schedule.noised(x0, noise, t)
    assert torch.equal(x[0], x0[0])
    assert x[3].numpy() == pytest.approx(noise[3].numpy(), abs=1e-6)
    assert x.dtype == torch.float32
    assert x.var((1, 2)).tolist() == pytest.approx([1] * 4, abs=0.03)
    assert (x * x0).mean((1, 2)).square().tolist() == pytest.approx([1, 0.847012, 0.493844, 0], abs=0.03)


@given(st.integers(1, 1000), st.data())
def test_the_sampler_s_steps_go_down_from_noise_to_motion(steps: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, steps))
    times = CosineSchedule(steps).times(count)
    assert (times[0], times[-1], len(times)) == (steps, 0, count + 1)
    strides = [before - after for before, after in zip(times, times[1:], strict=False)]
    assert all(abs(stride - steps / count) < 1.01 and stride > 0 for stride in strides)


@pytest.mark.parametrize("count", [0, 11])
def test_more_steps_than_there_are_and_none_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} sampling steps; a schedule of 10 allows 1 to 10"):
        CosineSchedule(10).times(count)
