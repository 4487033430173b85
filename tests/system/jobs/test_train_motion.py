"""jobs/train_motion.py: what it says of wrong arguments, its plan; the whole job with two workers, then with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray

from benchmarks.planting.catalog import planted_clips, write_planted

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
