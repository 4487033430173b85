"""A step of motion training: what is drawn, what is left out of it, and that it is the same when it goes on."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.motion import losses
from models.motion.checkpoint import load_model, read_card
from models.motion.conditions import CONDITIONS
from models.motion.model import MotionModel
from models.motion.schedule import CosineSchedule
from pipeline.motion.examples import standardised
from pipeline.motion.motion_task import MotionBatch, MotionTask
from pipeline.motion.settings import Dropped, MotionWeights
from pipeline.training.curves import read_curve
from pipeline.training.fit import Session, fit
from pipeline.training.halt import Halt, Stopped
from tests.made.motion import awake
from tests.unit.pipeline.motion.conftest import PRESET, TRAINING

ALL_OF_IT = Dropped(each=0.0, previous=0.0, tail=0.0)


def plain(task: MotionTask, **changes: object) -> MotionTask:
    """The task, which drops nothing and adds nothing unless told."""
    return replace(task, training=replace(TRAINING, **{"dropped": ALL_OF_IT, "audio_noise": 0.0, **changes}))  # type: ignore[arg-type]


def drawn(task: MotionTask, step: int, rank: int = 0, world: int = 1) -> MotionBatch:
    (batch,) = task.draw(step, rank, world)
    return batch


def parts(batch: MotionBatch) -> list[torch.Tensor]:
    return [batch.x0, batch.noisy, batch.t, *vars(batch.conditions).values()]


def test_the_step_decides_what_is_drawn_and_workers_share_the_windows(task: MotionTask) -> None:
    one, again, other = drawn(task, 3), drawn(task, 3), drawn(task, 4)
    assert all(torch.equal(a, b) for a, b in zip(parts(one), parts(again), strict=True))
    assert one.seed == again.seed != other.seed
    assert not torch.equal(one.x0, other.x0)
    shares = [drawn(task, 3, rank, 2) for rank in range(2)]
    assert torch.equal(torch.cat([share.x0 for share in shares]), one.x0)
    assert not torch.equal(shares[0].t, shares[1].t)
    assert shares[0].seed != shares[1].seed


def test_what_is_left_of_a_motion_at_its_step_is_as_the_schedule_says(task: MotionTask) -> None:
    batches = [drawn(plain(task), step) for step in range(60)]
    t, x0, noisy = (torch.cat([getattr(batch, name) for batch in batches]) for name in ("t", "x0", "noisy"))
    assert (int(t.min()) >= 1, int(t.max()) <= PRESET.steps) == (True, True)
    assert float(t.float().mean()) == pytest.approx(PRESET.steps / 2, rel=0.06)
    signal = CosineSchedule(PRESET.steps).alpha_bar(t)[:, None, None].float()
    seen = t < 0.95 * PRESET.steps  # afterwards next to nothing is left
    noise = ((noisy - signal.sqrt() * x0) / (1 - signal).sqrt())[seen]
    assert float(noise.mean()) == pytest.approx(0, abs=0.02)
    assert float(noise.std()) == pytest.approx(1, abs=0.02)


def test_nothing_but_what_is_dropped_is_missing_in_the_conditions(task: MotionTask) -> None:
    whole = plain(task)
    windows = whole.train.draw(2, 0, 1, TRAINING.batch)
    x0, conditions = standardised(windows, whole.statistics, PRESET.previous)
    found = drawn(whole, 2)
    assert torch.equal(found.x0, x0)
    for name, value in vars(conditions).items():
        assert torch.equal(getattr(found.conditions, name), value), name


def test_conditions_are_dropped_as_often_as_the_settings_say(task: MotionTask) -> None:
    often = plain(task, dropped=Dropped(each=0.3, previous=0.6, tail=0.0))
    whole = plain(task)
    kept = {name: [0.0, 0.0] for name in CONDITIONS}
    for step in range(60):
        all_of_it, left = drawn(whole, step).conditions, drawn(often, step).conditions
        for name, counts in kept.items():
            had, has = (each.has(name).reshape(TRAINING.batch, -1).any(1) for each in (all_of_it, left))
            assert not (has & ~had).any()
            counts[0] += float(has.sum())
            counts[1] += float(had.sum())
    for name, (has, had) in kept.items():
        assert has / had == pytest.approx(0.4 if name == "previous" else 0.7, abs=0.08), name


def test_sound_is_noised_and_nothing_else(task: MotionTask) -> None:
    apart = []
    for step in range(10):
        clean, noisy = (drawn(plain(task, audio_noise=deviation), step).conditions for deviation in (0.0, 2.0))
        apart += [(getattr(noisy, name) - getattr(clean, name)).flatten() for name in ("audio", "previous_audio")]
        for name in set(vars(clean)) - {"audio", "previous_audio"}:
            assert torch.equal(getattr(noisy, name), getattr(clean, name)), name
    noise = torch.cat(apart)
    assert (float(noise.mean()), float(noise.std())) == (pytest.approx(0, abs=0.05), pytest.approx(2, abs=0.05))


def test_the_losses_weigh_what_the_settings_say_and_padding_counts_nothing(task: MotionTask) -> None:
    weighted = plain(task, weights=MotionWeights(2.0, 0.25), leading=0.0)
    assert weighted.weights == {"reconstruction": 2.0, "velocity": 0.25}
    module, batch = weighted.module().eval().requires_grad_(False), drawn(weighted, 0)
    found = weighted.losses(module, batch, 0).losses
    # as it is made, a network says 0
    frames = batch.conditions.frames
    assert float(found["reconstruction"]) == pytest.approx(float(batch.x0[frames].square().mean()), rel=1e-5)
    steps = batch.x0.diff(dim=1) / weighted.statistics.motion.velocity
    first = batch.x0[:, 0][batch.conditions.has_previous] / weighted.statistics.motion.velocity
    total = steps.square().mean(2).sum() + 3 * first.square().mean(1).sum()
    count = steps.shape[0] * steps.shape[1] + 3 * len(first)
    assert float(found["velocity"]) == pytest.approx(float(total / count), rel=1e-5)
    heavier = plain(task, leading=2.0)
    said = float(heavier.losses(module, batch, 0).losses["reconstruction"])
    counts = losses.leading(task.space, 2.0)
    assert said == pytest.approx(float((batch.x0.square() * counts)[frames].mean()), rel=1e-5)


def test_dropout_in_the_network_is_the_step_s_own(task: MotionTask) -> None:
    batch, module = drawn(task, 1), awake(task.module()).train()
    torch.manual_seed(1)
    first = float(task.losses(module, batch, 1).losses["reconstruction"])
    torch.manual_seed(2)
    assert float(task.losses(module, batch, 1).losses["reconstruction"]) == first
    other = replace(batch, seed=batch.seed + 1)
    assert float(task.losses(module, other, 1).losses["reconstruction"]) != first


def test_stopped_after_every_step_it_ends_bit_for_bit_as_one_that_was_not(task: MotionTask, tmp_path: Path) -> None:
    def after(questions: int) -> Halt:
        asked = itertools.count()
        return Halt(asked=lambda: "SIGTERM" if next(asked) >= questions else None)

    whole = fit(task, Session(tmp_path / "whole", log=2))
    for _ in range(TRAINING.steps - 1):
        with pytest.raises(Stopped):
            fit(task, Session(tmp_path / "often", log=2, halt=after(1)))
    found = fit(task, Session(tmp_path / "often", log=2))
    for name, value in whole.state_dict().items():
        assert torch.equal(found.state_dict()[name], value), name
    assert read_curve(tmp_path / "often") == read_curve(tmp_path / "whole")
    assert len({point["total"] for point in read_curve(tmp_path / "whole")}) == 3


def test_a_file_holds_the_average_with_its_statistics_and_what_it_saw(task: MotionTask, tmp_path: Path) -> None:
    out = tmp_path / "model.safetensors"
    told = replace(task, out=out, data={"clips": [["0.mp4", "a"]]}, look=lambda model: {"watch/mouth": 0.5})
    average = fit(told, Session(tmp_path, log=3, preview=6, about={"where": "true"}))
    assert isinstance(average, MotionModel)
    preset, space, recipe = read_card(out)
    assert (preset, space) == (PRESET, task.space)
    assert (recipe["step"], recipe["where"], recipe["clips"]) == (TRAINING.steps, "true", [["0.mp4", "a"]])
    assert recipe["history"][0]["training"]["held_out_subjects"] == [2, 3]
    loaded = load_model(out)
    assert torch.equal(loaded.statistics.motion.mean, task.statistics.motion.mean)
    assert torch.equal(loaded.statistics.motion.velocity, task.statistics.motion.velocity)
    for name, value in average.network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], value.half().float()), name
    assert [point.get("watch/mouth") for point in read_curve(tmp_path)] == [None, 0.5]
