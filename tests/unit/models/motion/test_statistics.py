"""Motion is standardised by its own mean and deviation, and what does not move stays small."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.motion.space import MotionSpace
from models.motion.statistics import MotionStandard, Standard, Statistics


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.floats(-100, 100), st.floats(0.01, 50), st.integers(0))
def test_rows_of_all_sequences_come_to_mean_0_and_deviation_1_and_back(
    lengths: list[int], mean: float, deviation: float, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed % 2**32)
    sequences = [mean + deviation * torch.randn(length, 4, generator=random) for length in lengths]
    rows, standard = torch.cat(sequences), Standard(4)
    standard.fit(iter(sequences))
    assert standard.mean.numpy() == pytest.approx(rows.mean(0).numpy(), rel=1e-4, abs=1e-4)
    wanted = rows.double().std(0, correction=0).clamp_min(1e-3)
    assert standard.deviation.numpy() == pytest.approx(wanted.numpy(), rel=1e-3)
    found = standard(rows)
    assert found.mean(0).abs().max() < 0.05
    assert standard.inverse(found).numpy() == pytest.approx(rows.numpy(), rel=1e-4, abs=1e-4)


def test_a_number_that_does_not_move_is_neither_blown_up_nor_divided_by_nothing() -> None:
    rows = torch.stack([torch.full((50,), 1.02), torch.randn(50)], 1)
    standard = Standard(2)
    standard.fit([rows])
    assert standard.deviation[0] == pytest.approx(1e-3)
    assert standard(rows)[:, 0].abs().max() < 1e-3
    assert standard(rows + 1e-4)[:, 0] == pytest.approx([0.1] * 50, abs=1e-3)


def test_a_far_mean_costs_no_precision() -> None:
    rows = 1000 + 0.01 * torch.tensor([[-1.0], [1]]).repeat(500, 1)
    standard = Standard(1)
    standard.fit(iter(rows.split(7)))
    assert standard.deviation.item() == pytest.approx(0.01, rel=0.01)


def test_velocities_are_those_within_clips() -> None:
    """A step from one clip to the next is no motion."""
    ramp = torch.arange(10.0)[:, None] * torch.tensor([1.0, -2.0, 0.0])
    zigzag = torch.tensor([[0.0, 0, 5], [4, 0, 5]]).repeat(5, 1)
    standard = MotionStandard(3)
    standard.fit(iter([ramp, zigzag + 100]))
    steps = torch.cat([ramp.diff(dim=0), zigzag.diff(dim=0)])
    within = torch.cat([ramp - ramp.mean(0), zigzag - zigzag.mean(0)]).std(0, correction=0).clamp_min(1e-3)
    wanted = steps.std(0, correction=0) / within
    assert standard.velocity.numpy() == pytest.approx(wanted.clamp_min(0.01).numpy(), rel=1e-4)
    assert standard.velocity[2] == pytest.approx(0.01)


def test_the_deviation_is_that_within_motions_and_the_mean_that_of_all() -> None:
    standard = MotionStandard(1)
    standard.fit([torch.tensor([[10.0], [12]]), torch.tensor([[-50.0], [-52]]), torch.tensor([[7.0], [9], [7], [9]])])
    assert standard.deviation.item() == pytest.approx(1)
    assert standard.mean.item() == pytest.approx(-6)


def test_motions_that_are_standardised_have_the_velocity_that_is_said() -> None:
    random = torch.Generator().manual_seed(0)
    clips = [3 + torch.randn(40, 2, generator=random).cumsum(0) * torch.tensor([0.1, 20]) for _ in range(5)]
    standard = MotionStandard(2)
    standard.fit(clips)
    found = torch.cat([standard(clip).diff(dim=0) for clip in clips]).std(0, correction=0)
    assert found.tolist() == pytest.approx(standard.velocity.tolist(), rel=1e-4)


def test_a_set_in_which_all_look_one_way_can_be_asked_for_another() -> None:
    statistics = Statistics(MotionSpace(1, 1, 1))
    statistics.gaze.fit([torch.zeros(9, 2)])
    statistics.distance.fit([torch.full((9, 1), 0.7)])
    assert statistics.gaze(torch.tensor([10.0, -5])).tolist() == [10, -5]
    assert statistics.distance(torch.tensor([0.8])).tolist() == pytest.approx([2])


@pytest.mark.parametrize("clips", [[], [torch.zeros(0, 2)]])
@pytest.mark.parametrize("kind", [Standard, MotionStandard])
def test_nothing_to_fit_on_is_said(clips: list[torch.Tensor], kind: type[Standard]) -> None:
    with pytest.raises(ValueError, match="no rows to take mean and deviation of; give at least one clip"):
        kind(2).fit(clips)


def test_statistics_lie_in_the_buffers_and_change_nothing_before_they_are_fitted() -> None:
    statistics = Statistics(MotionSpace(dynamics=2, audio=3, emotion=4))
    assert not list(statistics.parameters())
    sizes = {"motion": 8, "audio": 3, "gaze": 2, "distance": 1, "emotion": 4}
    every = {f"{part}.{name}": size for part, size in sizes.items() for name in ("mean", "deviation")}
    found = {name: len(value) for name, value in statistics.state_dict().items()}
    assert found == {**every, "motion.velocity": 8}
    rows = torch.randn(5, 8)
    assert torch.equal(statistics.motion(rows), rows)
