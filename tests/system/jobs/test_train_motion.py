"""jobs/train_motion.py: what it says of wrong arguments, its plan; the whole job with two workers, then with one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray
import torch

from benchmarks.planting.catalog import planted_clips, write_planted
from models.motion.checkpoint import load_model, read_card
from models.motion.presets import TINY
from pipeline.training.curves import read_curve
from pipeline.training.speed import EXAMPLES, WAITED
from tests.root import ROOT

Job = Callable[..., Any]
SHORT = ("--steps", "6", "--batch", "4", "--kept-out", "2", "2", "--precision", "fp32")


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight people, a clip each."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_planted(tmp_path / "catalog", planted_clips(8, 70))
    return tmp_path / "catalog"


@pytest.fixture
def train(job: Job, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job; starting Ray is an error."""

    def forbidden(**_: Any) -> None:
        raise AssertionError("Ray was started")

    monkeypatch.setattr(ray, "init", forbidden)
    return lambda *arguments: job("train_motion", *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "3"), "16 windows a step cannot be shared by 3 workers: make --batch a multiple of 3"),
        ((), "8 subjects are too few to keep 9 and 4 out and train on at least two"),
        (("--where", "qualities > 1"), "--where does not fit table clips"),
        (("--speech", "1.1"), "no accepted clip of"),
    ],
)
def test_wrong_arguments_end_with_a_message(
    train: Job, catalog: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = train("--catalog", catalog, "--out", tmp_path / "out", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {said}")
    assert not (tmp_path / "out").exists()


def test_a_plan_is_a_few_lines_or_json_and_leaves_nothing(train: Job, catalog: Path, tmp_path: Path) -> None:
    asked = ("--catalog", catalog, "--out", tmp_path / "out", *SHORT, "--plan")
    said = train(*asked).out.splitlines()
    assert said[0].startswith("preset tiny, 5.1 million parameters; windows of 50 frames")
    assert (
        "2 subjects kept for scores, 2 to choose by; clips left out: 2 of test, 2 of validation, 0 of skipped" in said
    )
    assert said[-1] == "nothing was kept: leave out --plan to train"
    assert json.loads(train(*asked, "--json").out)["clips"] == 4
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.ray
def test_the_whole_job_with_two_workers_and_its_end_with_one(
    catalog: Path, tmp_path: Path, shared_head: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shared_head.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out"
    command = [sys.executable, str(ROOT / "jobs/train_motion.py"), "--catalog", str(catalog), "--out", str(out)]
    found = trained(*command, *SHORT, "--workers", "2", "--json")
    assert (found["step"], found["steps"], found["model"]) == (6, 6, str(out / "model.safetensors"))
    (point,) = read_curve(out)
    assert point == found["figures"]
    assert {"total", "reconstruction", "velocity", "watch/mouth", "watch/dp", EXAMPLES, WAITED} <= set(point)
    assert point[EXAMPLES] > 0
    assert 0 < point[WAITED] < 1
    preset, space, recipe = read_card(out / "model.safetensors")
    assert (preset, space.dynamics, space.audio, space.emotion) == (TINY, 4, 6, 8)
    assert (recipe["step"], recipe["workers"], recipe["where"]) == (6, 2, "")
    assert (recipe["latents"]["variant"], recipe["audio"]) == ("planted", {"variant": "planted", "width": 6})
    assert len(recipe["clips"]) == len(recipe["content"]) == 4
    assert len(recipe["test_subjects"]) == len(recipe["validation_subjects"]) == 2
    assert "--kept-out 2 2" in recipe["command"]
    before = load_model(out / "model.safetensors")
    assert bool(before.statistics.motion.deviation.ne(1).any())

    # one worker goes on where two were
    longer = [*SHORT[2:], "--steps", "8"]
    assert trained(*command, *longer, "--json")["step"] == 8
    assert [each["step"] for each in read_curve(out)] == [6, 8]
    after = load_model(out / "model.safetensors")
    assert torch.equal(after.statistics.motion.mean, before.statistics.motion.mean)
    assert [entry["step"] for entry in read_card(out / "model.safetensors")[2]["history"]] == [0, 6]


def trained(*command: str) -> dict[str, Any]:
    """The summary of a training that ends well."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "windows/s" in done.stderr
    return dict(json.loads(done.stdout))
