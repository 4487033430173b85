"""Losses between two points of the curves."""

from __future__ import annotations

from pipeline.training.sums import Sums


def summed(*seen: dict[str, float]) -> Sums:
    sums = Sums()
    for each in seen:
        sums.add(each)
    return sums


def test_figures_are_means_over_the_steps_that_have_them() -> None:
    sums = summed({"total": 1.0}, {"total": 3.0, "cycle": 5.0}, {})  # the last one was left out
    assert sums.means() == {"cycle": 5.0, "total": 2.0}
    assert sums.steps == 3
    assert Sums().means() == {}


def test_what_was_kept_is_counted_on_from_by_one_worker() -> None:
    state = summed({"total": 1.0}).state()
    first, other = Sums(state), Sums(state, counts=False)
    for each in (first, other):
        each.add({"total": 3.0})
    assert (first.means(), other.state()) == ({"total": 2.0}, {"steps": 2, "sums": {"total": [3.0, 1.0]}})
    assert Sums(first.state()).state() == first.state()
