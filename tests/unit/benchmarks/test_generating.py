"""The ways in which the benchmark of generation draws a window: one window, and as many multiplications as said."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.generating.ways import Way, multiplications, random_model, ways
from tests.made.motion import SMALL

STEPS = 10
TOKENS = SMALL.previous + SMALL.window


@pytest.fixture(scope="module")
def found() -> dict[str, Way]:
    return {way.name: way for way in ways(random_model(replace(SMALL, width=64)), STEPS, compiled=False)}


def test_all_ways_draw_the_plain_one_s_window(found: dict[str, Way]) -> None:
    drawn = {name: way.draw() for name, way in found.items()}
    plain = drawn["plain: three forwards"]
    apart = {name: ((each - plain).std() / plain.std()).item() for name, each in drawn.items()}
    assert plain.std() > 0.01
    for name, each in apart.items():
        assert each < (1e-4 if name in ("plain: three forwards", "one batch", "told once") else 0.15), name
    assert apart["told once, int8"] > 1e-4
    assert apart["told once, guided every 3"] > 1e-4


def test_tokens_are_of_all_branches_or_of_one_where_guidance_is_held(found: dict[str, Way]) -> None:
    assert found["told once"].tokens == STEPS * (3 * TOKENS,)
    held = found["told once, int8, guided every 3"].tokens
    assert held == tuple(TOKENS * n for n in (3, 1, 1, 3, 1, 1, 3, 1, 1, 3))


def test_the_limit_has_as_many_operations_as_it_says(found: dict[str, Way]) -> None:
    way = found["plain: three forwards"]
    with FlopCounterMode(display=False) as counter:
        multiplications(way, 3 * TOKENS)()
    assert STEPS * counter.get_total_flops() == way.operations


def test_a_way_draws_no_fewer_operations_than_its_limit(found: dict[str, Way]) -> None:
    for name in ("plain: three forwards", "one batch", "told once", "told once, guided every 3"):
        with FlopCounterMode(display=False) as counter:
            found[name].draw()
        assert found[name].operations < counter.get_total_flops() < 2 * found[name].operations, name


def test_the_same_seed_makes_the_same_model() -> None:
    one, other = (random_model(SMALL).network.state_dict() for _ in range(2))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
