"""How the commands of trainings end."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from pipeline.training.command import tell_plan, tell_trained
from pipeline.training.halt import TIME, Halt, Stopped
from pipeline.training.launch import Trained
from pipeline.training.signals import Asked
from pipeline.training.speed import EXAMPLES, WAITED

DONE = Trained(40, 40, {"step": 40, "total": 0.5}, "/out/model.safetensors")


@dataclass(frozen=True)
class Plan:
    hours: float


def test_a_training_that_ended_says_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    tell_trained(DONE, "out", as_json=False)
    assert capsys.readouterr().out.splitlines() == ["step 40 of 40", "look at: /out/model.safetensors"]
    fast = replace(DONE, figures={**DONE.figures, EXAMPLES: 1234.4, WAITED: 0.0123})
    tell_trained(fast, "out", as_json=False)
    assert "1,234 windows a second, 1.2% of the time spent waiting for them" in capsys.readouterr().out
    tell_trained(fast, "out", as_json=True)
    assert json.loads(capsys.readouterr().out)["figures"][EXAMPLES] == 1234.4


def test_a_signal_is_an_exit_code_and_time_that_is_over_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        tell_trained(replace(DONE, stopped="SIGTERM", at="step 3 of 40"), "out", as_json=True)
    assert end.value.code == 143
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "stopped, by SIGTERM, at step 3 of 40: kept in out; the same command goes on there\n"
    tell_trained(replace(DONE, step=3, stopped=TIME, at="step 3 of 40"), "out", as_json=False)
    assert "stopped, its time is over, at step 3 of 40: kept in out" in capsys.readouterr().out


def test_a_plan_as_text_and_as_json_and_one_that_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    tell_plan(lambda halt: Plan(2.0), lambda plan: f"{plan.hours} h", Asked(), as_json=False)
    tell_plan(lambda halt: Plan(2.0), lambda plan: f"{plan.hours} h", Asked(), as_json=True)
    assert capsys.readouterr().out.splitlines() == ["2.0 h", '{"hours": 2.0}']

    def stopped(halt: Halt) -> Plan:
        raise Stopped("SIGINT", "the plan")

    with pytest.raises(SystemExit) as end:
        tell_plan(stopped, lambda plan: "", Asked(), as_json=False)
    assert end.value.code == 130
    assert capsys.readouterr().err == "stopped by SIGINT: a plan keeps nothing\n"
