"""Motion of any length, from sound in any blocks: windows that know how the last one ended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
import torch

from models.motion.conditions import CONDITIONS, Conditions
from models.motion.generation import Controls, Sampling, generate
from models.motion.guidance import Guidance
from models.motion.model import MotionModel
from models.motion.prepared import Prepared
from models.speech.chunks import faded
from tests.made.motion import MOTION, PREVIOUS, SPACE, WINDOW, motion_model

SAMPLING = Sampling(steps=2)
PLAIN = Sampling(Guidance(0, 0), steps=1)
STEP = WINDOW - SAMPLING.overlap


def sound(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, SPACE.audio, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def model() -> MotionModel:
    """Of data that is far from standardised."""
    model, random = motion_model(), torch.Generator().manual_seed(3)
    for part in model.statistics.children():
        part.fit([5 + 3 * torch.randn(60, len(part.mean), generator=random)])  # type: ignore[arg-type, operator]
    return model


class Recording:
    """The network's answers and what it was told, with as many numbers of frame s as an answer to window s."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[Conditions] = []
        self.said: list[torch.Tensor] = []
        answer = Prepared.__call__

        def recorded(network: Prepared, noisy: torch.Tensor, step: int) -> torch.Tensor:
            self.told.append(network.conditions)
            self.said.append(answer(network, noisy, step))
            return self.said[-1]

        monkeypatch.setattr(Prepared, "__call__", recorded)


@pytest.mark.parametrize("count", [1, 3, 5, 6, WINDOW - 1, WINDOW, WINDOW + 1, 2 * STEP + 5, 70])
def test_every_frame_of_sound_has_one_of_motion(model: MotionModel, count: int) -> None:
    motion = torch.cat(list(generate(model, [sound(count)], sampling=SAMPLING)))
    assert motion.shape == (count, MOTION)
    assert motion.isfinite().all()


def test_no_sound_is_no_motion(model: MotionModel) -> None:
    assert list(generate(model, [])) == []


def test_motion_does_not_depend_on_the_blocks_in_which_sound_comes(model: MotionModel) -> None:
    whole = torch.cat(list(generate(model, [sound(70)], sampling=SAMPLING)))
    parts = torch.cat(list(generate(model, sound(70).split([1, 30, 2, 37]), sampling=SAMPLING)))
    assert torch.equal(parts, whole)


def test_a_seed_decides_the_motion(model: MotionModel) -> None:
    one, same, other = (
        torch.cat(list(generate(model, [sound(50)], sampling=SAMPLING, seed=seed))) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert (one - other).abs().mean() > 0.01


def test_windows_fade_into_each_other(model: MotionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another function of this project, for windows whose places are known, puts them together."""
    recording = Recording(monkeypatch)
    count = 2 * STEP + 11
    motion = torch.cat(list(generate(model, [sound(count)], sampling=PLAIN)))
    places = [(0, WINDOW), (STEP, STEP + WINDOW), (2 * STEP, count)]
    drawn = [said[0, : b - a] for said, (a, b) in zip(recording.said, places, strict=True)]
    wanted = model.statistics.motion.inverse(faded(drawn, places))
    assert torch.allclose(motion, wanted, atol=1e-4)


def test_a_window_is_told_what_was_given_before_it(model: MotionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(monkeypatch)
    heard = sound(70)
    motion = torch.cat(list(generate(model, [heard], sampling=PLAIN)))
    assert [bool(told.has_previous) for told in recording.told] == [False, True, True, True, True]
    standard = model.statistics.audio(heard)
    for k, told in enumerate(recording.told):
        start, there = k * STEP, min(WINDOW, 70 - k * STEP)
        assert torch.allclose(told.audio[0, :there], standard[start : start + there], atol=1e-6)
        assert told.has_audio[0].tolist() == [True] * there + [False] * (WINDOW - there)
        if k:
            before = slice(start - PREVIOUS, start)
            assert torch.allclose(told.previous_audio[0], standard[before], atol=1e-6)
            assert torch.allclose(told.previous_motion[0], model.statistics.motion(motion[before]), atol=1e-4)


def test_controls_are_asked_for_at_each_window_s_first_frame(
    model: MotionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, asked = Recording(monkeypatch), []

    def controls(frame: int) -> Controls:
        asked.append(frame)
        return Controls(gaze=(frame, -3), distance=2, emotion=(0.5, 0, 1))

    list(generate(model, [sound(40)], controls, PLAIN))
    assert asked == [0, STEP, 2 * STEP]
    statistics = model.statistics
    for frame, told in zip(asked, recording.told, strict=True):
        assert statistics.gaze.inverse(told.gaze)[0].tolist() == pytest.approx([frame, -3], abs=1e-4)
        assert statistics.distance.inverse(told.distance)[0] == pytest.approx(2 * statistics.distance.mean)
        assert statistics.emotion.inverse(told.emotion)[0].tolist() == pytest.approx([0.5, 0, 1], abs=1e-5)
        assert all(told.has(name).any() for name in CONDITIONS if name != "previous")


def test_by_default_gaze_is_ahead_distance_usual_and_emotion_empty(
    model: MotionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = Recording(monkeypatch)
    list(generate(model, [sound(9)], sampling=PLAIN))
    (told,) = recording.told
    assert model.statistics.gaze.inverse(told.gaze).numpy() == pytest.approx(0, abs=1e-5)
    assert told.distance.item() == pytest.approx(0, abs=1e-6)
    there = [bool(told.has(name).any()) for name in CONDITIONS]
    assert there == [True, True, True, False, False]
    list(generate(model, [sound(9)], lambda frame: Controls(None, None), PLAIN))
    assert not any(recording.told[-1].has(name).any() for name in CONDITIONS if name != "audio")


def test_motion_comes_while_sound_goes_on(model: MotionModel) -> None:
    """Of sound without end: nothing waits for what is not needed."""
    asked = 0

    def endless() -> Iterator[torch.Tensor]:
        nonlocal asked
        while True:
            asked += 5
            yield sound(5, seed=asked)

    given = sum(len(block) for block in islice(generate(model, endless(), sampling=PLAIN), 20))
    assert given == 20 * STEP
    assert asked == given + SAMPLING.overlap


@pytest.mark.parametrize("overlap", [-1, WINDOW - PREVIOUS + 1])
def test_an_overlap_that_leaves_no_previous_window_is_refused(model: MotionModel, overlap: int) -> None:
    with pytest.raises(ValueError, match=rf"an overlap of {overlap} frames.*allow 0 to {WINDOW - PREVIOUS}"):
        generate(model, [sound(9)], sampling=Sampling(overlap=overlap))


@pytest.mark.parametrize("overlap", [0, WINDOW - PREVIOUS])
def test_the_least_and_the_most_overlap(model: MotionModel, overlap: int) -> None:
    sampling = Sampling(Guidance(0, 0), steps=1, overlap=overlap)
    assert len(torch.cat(list(generate(model, [sound(50)], sampling=sampling)))) == 50
