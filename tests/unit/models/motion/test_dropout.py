"""How often conditions are dropped, counted over 10,000 windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.motion.conditions import CONDITIONS, Conditions
from models.motion.dropout import ConditionDropout
from models.motion.presets import MotionPreset
from models.motion.space import MotionSpace

DRAWS, WINDOW = 10_000, 10
NEAR = 0.015
"""Three deviations of a share of .5 in 10,000 draws."""


@pytest.fixture(scope="module")
def said() -> Conditions:
    empty = Conditions.empty(MotionSpace(1, 1, 1), MotionPreset("short", 1, 8, 1, window=WINDOW, previous=1), DRAWS)
    every = {f"has_{name}": torch.ones_like(empty.has(name)) for name in CONDITIONS}
    return replace(empty, **every)  # type: ignore[arg-type]


def drawn(said: Conditions, dropout: ConditionDropout, seed: int = 0) -> Conditions:
    return dropout(said, torch.Generator().manual_seed(seed))


def test_each_is_dropped_once_in_ten_and_the_previous_window_every_other_time(said: Conditions) -> None:
    found = drawn(said, ConditionDropout(tail=0))
    rates = {name: 1 - found.has(name).float().mean().item() for name in CONDITIONS}
    assert rates == pytest.approx(
        {"audio": 0.1, "gaze": 0.1, "distance": 0.1, "emotion": 0.1, "previous": 0.5}, abs=NEAR
    )


def test_sound_is_dropped_as_a_whole_or_from_its_end(said: Conditions) -> None:
    lengths = drawn(said, ConditionDropout()).has_audio
    assert (lengths.int().diff(dim=1) <= 0).all()  # no frame has sound after one that has none
    shares = torch.bincount(lengths.sum(1), minlength=WINDOW + 1) / DRAWS
    assert shares[0] == pytest.approx(0.1, abs=NEAR)
    assert shares[1:5].tolist() == [0] * 4
    assert shares[5:10].tolist() == pytest.approx([0.9 * 0.2 / 5] * 5, abs=NEAR)
    assert shares[10] == pytest.approx(0.9 * 0.8, abs=NEAR)


def test_conditions_are_dropped_independently(said: Conditions) -> None:
    found = drawn(said, ConditionDropout(each=0.5, tail=0))
    there = torch.stack([found.has_audio[:, 0], *(found.has(name) for name in CONDITIONS[1:])]).float()
    assert torch.corrcoef(there).numpy() == pytest.approx(torch.eye(len(CONDITIONS)).numpy(), abs=0.04)


def test_the_end_of_a_padded_window_is_where_its_frames_end(said: Conditions) -> None:
    padded = replace(said, frames=(torch.arange(WINDOW) < 4).expand(DRAWS, WINDOW))
    found = drawn(padded, ConditionDropout(each=0, tail=1))
    assert set(found.has_audio.sum(1).tolist()) == {2, 3}


def test_what_was_empty_stays_empty(said: Conditions) -> None:
    found = drawn(said.without("gaze"), ConditionDropout(each=0, previous=0, tail=0))
    assert not found.has_gaze.any()
    assert all(found.has(name).all() for name in CONDITIONS if name != "gaze")


def test_equal_generators_drop_equally(said: Conditions) -> None:
    one, same, other = (drawn(said, ConditionDropout(), seed) for seed in (0, 0, 1))
    assert all(torch.equal(one.has(name), same.has(name)) for name in CONDITIONS)
    assert not torch.equal(one.has_previous, other.has_previous)
