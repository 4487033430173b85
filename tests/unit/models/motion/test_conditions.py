"""Conditions are emptied one by one, put together and taken apart."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.presets import MotionPreset
from models.motion.space import MotionSpace
from tests.made.motion import conditions


def test_of_empty_conditions_nothing_is_there_but_the_frames() -> None:
    space = MotionSpace(dynamics=9, audio=11, emotion=2)
    found = Conditions.empty(space, MotionPreset("one", 1, 8, 1, window=6, previous=3), 4)
    assert not any(found.has(name).any() for name in CONDITIONS)
    assert found.frames.all()
    shapes = {each.name: tuple(getattr(found, each.name).shape) for each in fields(found)}
    assert shapes == {
        "audio": (4, 6, 11),
        "has_audio": (4, 6),
        "previous_motion": (4, 3, 15),
        "previous_audio": (4, 3, 11),
        "has_previous": (4,),
        "gaze": (4, 2),
        "has_gaze": (4,),
        "distance": (4, 1),
        "has_distance": (4,),
        "emotion": (4, 2),
        "has_emotion": (4,),
        "frames": (4, 6),
    }


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_emptied_alone(name: str) -> None:
    said = conditions(3)
    emptied = said.without(name)
    assert not emptied.has(name).any()
    assert all(torch.equal(emptied.has(each), said.has(each)) for each in CONDITIONS if each != name)
    assert said.has(name).all()


def test_what_is_joined_comes_apart_again() -> None:
    one, other = conditions(2, seed=1), conditions(3, seed=2).without("gaze")
    both = joined([one, other])
    for each in fields(both):
        assert torch.equal(getattr(both.at(slice(2)), each.name), getattr(one, each.name)), each.name
        assert torch.equal(getattr(both.at(torch.arange(2, 5)), each.name), getattr(other, each.name)), each.name
