"""The loop of every training, on a line through points: it learns, keeps, is stopped or killed and goes on."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.errors import UsageError
from pipeline.training.checkpoint import load, save
from pipeline.training.curves import read_curve
from pipeline.training.fit import Session, fit
from pipeline.training.halt import Halt, Stopped
from pipeline.training.optimisation import Group
from pipeline.training.task import Views
from tests.made.line import SLOPE, STEPS, Doubter, Line, weights


def after(questions: int) -> Halt:
    """To stop at the question that comes after so many."""
    asked = itertools.count()
    return Halt(asked=lambda: "SIGTERM" if next(asked) >= questions else None)


def curve(folder: Path) -> list[dict[str, float]]:
    return read_curve(folder)


def test_a_task_learns_and_every_figure_is_a_mean_since_the_last_point(tmp_path: Path) -> None:
    task = Line(replace(Line().optimisation, steps=60, lr=0.1))
    heard: list[int] = []
    found = fit(task, Session(tmp_path, log=20, preview=40, report=lambda step, figures: heard.append(step)))
    assert heard == [20, 40, 60]
    slope, *_ = found.parameters()
    assert (slope.T - SLOPE).abs().max() < 0.3
    first, second, last = curve(tmp_path)
    assert first["error"] > 5 * last["error"]
    assert "off" in second
    assert "off" not in first
    assert last["rate"] == pytest.approx(0.1 * task.optimisation.schedule(59, 60).share)
    one = Line(task.optimisation)
    fit(one, Session(tmp_path / "each", log=1))
    each = [point["error"] for point in curve(tmp_path / "each")]
    assert sum(each[20:40]) / 20 == pytest.approx(second["error"])
    assert {path.name for path in tmp_path.glob("watch-*.png")} == {"watch-000040.png", "watch-000060.png"}


def test_parts_of_a_step_are_the_step(tmp_path: Path) -> None:
    whole, parts = Line(), Line(replace(Line().optimisation, accumulate=4))
    assert torch.allclose(weights(fit(whole, Session())), weights(fit(parts, Session())), atol=1e-6)


@pytest.mark.parametrize("adversary", [None, Doubter()])
def test_stopped_after_every_step_it_ends_bit_for_bit_as_one_that_was_not(
    tmp_path: Path, adversary: Doubter | None
) -> None:
    whole = fit(Line(adversary=adversary), Session(tmp_path / "whole", log=5))
    drawn: list[int] = []
    for step in range(STEPS - 1):
        with pytest.raises(Stopped) as stop:
            fit(Line(adversary=adversary, drawn=drawn), Session(tmp_path / "often", halt=after(1), log=5))
        assert (stop.value.why, stop.value.at) == ("SIGTERM", f"step {step + 1} of {STEPS}")
    last = Line(adversary=adversary, drawn=drawn)
    assert torch.equal(weights(fit(last, Session(tmp_path / "often", log=5))), weights(whole))
    assert drawn == list(range(STEPS))  # nothing was done twice
    assert curve(tmp_path / "often") == curve(tmp_path / "whole")
    assert len(last.saved[-1]["history"]) == 1


def test_a_preview_that_is_stopped_is_made_when_it_goes_on(tmp_path: Path) -> None:
    def stopped() -> None:
        raise Stopped("SIGINT", "looking")

    with pytest.raises(Stopped) as stop:
        fit(Line(looked=stopped), Session(tmp_path, log=4, preview=4))
    assert (stop.value.why, stop.value.at) == ("SIGINT", f"step 4 of {STEPS}")
    assert curve(tmp_path) == []
    task = Line()
    fit(task, Session(tmp_path, log=4, preview=4))
    assert [point["step"] for point in curve(tmp_path)] == [4, 8, 12]
    assert task.drawn[0] == 4


def test_a_checkpoint_says_what_it_saw_and_other_data_or_another_version_is_refused(tmp_path: Path) -> None:
    task = Line()
    fit(task, Session(tmp_path, about={"command": "python line.py"}))
    assert load(tmp_path / "state.pt")["saw"] == {"source": "points"}
    card = task.saved[-1]
    assert (card["source"], card["command"], card["step"], card["left_out"]) == ("points", "python line.py", STEPS, 0)
    assert card["history"][0]["training"] == {"steps": STEPS}
    with pytest.raises(UsageError, match=r"state\.pt has learned from other data than is there now"):
        fit(Line(source="others"), Session(tmp_path))
    state = load(tmp_path / "state.pt")
    for change in ({"optimisers": {}}, {"model": {}}):
        save({**state, **change}, tmp_path / "state.pt")
        with pytest.raises(UsageError, match=r"state\.pt was written by an older version, .*: give another folder"):
            fit(Line(), Session(tmp_path))


def test_a_finished_training_is_left_as_it_is(tmp_path: Path) -> None:
    found = fit(Line(), Session(tmp_path))
    before = (tmp_path / "state.pt").stat().st_mtime_ns
    again = Line()
    assert torch.equal(weights(fit(again, Session(tmp_path, halt=Halt(0.0)))), weights(found))
    assert (again.drawn, again.saved) == ([], [])
    assert (tmp_path / "state.pt").stat().st_mtime_ns == before


def test_a_step_that_is_not_finite_changes_nothing_and_too_many_end_it(tmp_path: Path) -> None:
    said: list[str] = []
    how = replace(Line().optimisation, steps=3)
    spoilt = Line(how, spoil=lambda step: math.inf if step == 2 else 1.0, adversary=Doubter())
    with pytest.raises(Stopped):
        fit(spoilt, Session(tmp_path, halt=after(2), keep_s=0.0))
    before = load(tmp_path / "state.pt")
    fit(spoilt, Session(tmp_path, tell=said.append))
    (text,) = said
    assert text.startswith("step 2: the gradient of the model is ")
    assert text.endswith("; it is left out, for all that learns (1 so far)")
    now = load(tmp_path / "state.pt")
    assert (before["step"], now["step"], spoilt.saved[-1]["left_out"]) == (2, 3, 1)
    for part in ("model", "average"):
        assert all(torch.equal(now[part][name], value) for name, value in before[part].items())
    for name, state in before["optimisers"]["model"]["state"].items():
        assert all(torch.equal(now["optimisers"]["model"]["state"][name][key], value) for key, value in state.items())
    with pytest.raises(FloatingPointError, match=r"step 3: the gradient of the model is .*--precision fp32"):
        fit(Line(spoil=lambda step: math.nan if step else 1.0), Session())


def test_the_discriminator_s_gradient_is_looked_at_too() -> None:
    class Wild(Doubter):
        start = 1

        def hinge(self, module: torch.nn.Module, real: Views, made: Views) -> torch.Tensor:
            return super().hinge(module, real, made) * math.inf

    said: list[str] = []
    task = Line(replace(Line().optimisation, steps=3), adversary=Wild())
    found = fit(task, Session(tell=said.append))
    first = fit(
        Line(replace(Line().optimisation, steps=1, schedule=lambda step, steps: task.optimisation.schedule(step, 3))),
        Session(),
    )
    assert torch.equal(weights(found), weights(first))
    assert [text.partition(" is ")[0] for text in said] == [
        f"step {step}: the gradient of the discriminator" for step in (1, 2)
    ]


def test_the_average_follows_fast_at_first() -> None:
    how = replace(Line().optimisation, steps=1, ema=0.9999)
    start, found = Line().module(), fit(Line(how), Session())
    learned = fit(Line(replace(how, ema=None)), Session())
    keep = 1 / 10
    assert torch.allclose(weights(found), keep * weights(start) + (1 - keep) * weights(learned), atol=1e-7)
    assert not any(value.requires_grad for value in found.parameters())


def test_what_does_not_learn_is_averaged_to_the_bit() -> None:
    """A mean of -0 and -0 is 0: such weights would be the same numbers, and not the same file."""

    class Tilted(Line):
        def module(self) -> torch.nn.Module:
            line = super().module()
            assert isinstance(line, torch.nn.Linear)
            with torch.no_grad():
                line.bias.fill_(-0.0)
            line.bias.requires_grad_(False)
            return line

        def groups(self, module: torch.nn.Module) -> list[Group]:
            return super().groups(module)[:1]

    found = fit(Tilted(), Session())
    assert isinstance(found, torch.nn.Linear)
    assert bool(found.bias.signbit())
    assert not torch.equal(weights(found), weights(Tilted().module()))
