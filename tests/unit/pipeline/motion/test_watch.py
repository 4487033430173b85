"""A look at a generator while it learns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from models.motion.conditions import Conditions
from models.motion.model import MotionModel
from models.motion.prepared import Prepared
from pipeline.motion.examples import standardised
from pipeline.motion.motion_task import MotionTask
from pipeline.motion.prepare import MotionData
from pipeline.motion.watch import Watch, own_controls
from pipeline.training.halt import Stopped
from tests.unit.pipeline.motion.conftest import TRAINING


def test_one_that_says_nothing_follows_nothing_and_is_off_by_all_of_it(data: MotionData, task: MotionTask) -> None:
    assert data.validation is not None
    model = task.module().eval().requires_grad_(False)
    found = Watch(data.validation, task.statistics, TRAINING).look(model)
    squares = []
    for step in range(4):
        x0, conditions = standardised(data.validation.draw(step, 0, 1, 16), task.statistics, data.validation.previous)
        squares.append(float(x0[conditions.frames].square().mean()))
    assert found["watch/reconstruction"] == pytest.approx(sum(squares) / 4, rel=1e-4)
    assert found["watch/velocity"] > 1
    assert [found[f"watch/{name}"] for name in ("mouth", "dynamics", "angles")] == [0, 0, 0]
    assert found["watch/dp"] < 1e-3


def test_one_that_hears_is_told_from_one_that_does_not(
    data: MotionData, task: MotionTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sound's first number is taken for all that moves: it is what the mouth follows, two frames later."""
    assert data.validation is not None

    def echo(network: object, conditions: Conditions, times: object) -> Callable[[torch.Tensor, int], torch.Tensor]:
        loud = conditions.audio[..., :1]
        late = torch.cat([loud[:, :1], loud[:, :1], loud[:, :-2]], 1)
        return lambda noisy, step: late.expand(noisy.shape)

    monkeypatch.setattr(Prepared, "of", echo)
    model = MotionModel(task.preset, task.space).eval().requires_grad_(False)
    model.statistics.load_state_dict(task.statistics.state_dict())
    watch = Watch(data.validation, task.statistics, TRAINING)
    found = watch.look(model)
    assert found["watch/mouth"] > 0.7
    assert abs(found["watch/angles"]) < 0.4
    assert 1 < found["watch/dp"] < 20
    assert watch.look(model) == found


def test_a_look_can_be_ended(data: MotionData, task: MotionTask) -> None:
    assert data.validation is not None

    def over() -> None:
        raise Stopped("SIGINT", "looking")

    with pytest.raises(Stopped):
        Watch(data.validation, task.statistics, TRAINING, check=over).look(task.module())


def test_controls_are_the_clip_s_labels(data: MotionData, task: MotionTask) -> None:
    clip = data.train.whole(0)
    controls = own_controls(clip, task.statistics)
    assert controls.gaze == pytest.approx(tuple(clip.gaze[0].tolist()))
    assert controls.distance == pytest.approx(float(clip.distance[0, 0] / task.statistics.distance.mean[0]))
    assert controls.emotion == pytest.approx(tuple(clip.emotion[0].tolist()))
    for name in ("gaze", "distance", "emotion"):
        getattr(clip, f"has_{name}")[:] = False
    empty = own_controls(clip, task.statistics)
    assert (empty.gaze, empty.distance, empty.emotion) == (None, None, None)
