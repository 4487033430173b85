"""jobs/train_faces.py: its options, and what it says of wrong arguments; the whole job once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray

from models.face.checkpoint import read_recipe
from pipeline.training.checkpoint import load
from pipeline.training.curves import read_curve
from tests.made.faces import moving_clip, stage_faces
from tests.root import ROOT

Job = Callable[..., Any]
SHORT = ("--steps", "4", "--reader-steps", "2", "--reader-units", "1", "--warp-steps", "2", "--kept-out", "1", "1")


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five people, a clip each."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stage_faces(tmp_path / "catalog", *(moving_clip(who) for who in range(5)))
    return tmp_path / "catalog"


@pytest.fixture
def train(job: Job, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job; starting Ray is an error."""

    def forbidden(**_: Any) -> None:
        raise AssertionError("Ray was started")

    monkeypatch.setattr(ray, "init", forbidden)
    return lambda *arguments: job("train_faces", *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "3"), "2 units a step cannot be shared by 3 workers in 1 parts each"),
        (("--kept-out", "9", "4"), "5 subjects are too few to keep 9 and 4 out and train on at least two"),
    ],
)
def test_wrong_arguments_end_with_a_message(
    train: Job, catalog: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = train("--catalog", catalog, "--out", tmp_path / "out", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {said}")
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_frames_that_are_not_there_or_too_small(train: Job, catalog: Path, tmp_path: Path) -> None:
    done = train("--catalog", tmp_path / "none", "--out", tmp_path / "out")
    assert (done.code, done.err.startswith("error: there is no catalog at")) == (2, True)
    done = train("--catalog", catalog, "--out", tmp_path / "out", "--preset", "base")
    assert done.code == 1
    assert "holds frames of 96 pixels, 256 are asked for" in done.err


@pytest.fixture
def joined(shared_head: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs join the Ray that is there."""
    for name, value in shared_head.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.usefixtures("joined")
def test_the_whole_job_with_two_workers(catalog: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, str(ROOT / "jobs/train_faces.py"), "--catalog", str(catalog), "--out", str(out)]
    done = run(*command, *SHORT, "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert (found["step"], found["steps"], found["model"]) == (4, 4, str(out / "model.safetensors"))
    assert "reading landmarks: step 2 of 2" in done.stderr
    assert "step 4 of 4  total " in done.stderr
    assert [point["step"] for point in read_curve(out)] == [4]
    preset, recipe = read_recipe(out / "model.safetensors")
    assert (preset, recipe["step"], recipe["workers"]) == ("tiny", 4, 2)
    assert len(recipe["clips"]) == len(recipe["content"]) == 3
    assert len(recipe["test_subjects"]) == len(recipe["validation_subjects"]) == 1
    assert "--reader-steps 2" in recipe["command"]


@pytest.mark.slow
@pytest.mark.ray
def test_a_signal_to_the_whole_group_stops_it_with_a_line_and_it_goes_on_there(catalog: Path, tmp_path: Path) -> None:
    """While what comes first is trained, as `timeout` and a terminal send it; Ray's processes do not get it."""
    out = tmp_path / "out"
    command = [sys.executable, str(ROOT / "jobs/train_faces.py"), "--catalog", str(catalog), "--out", str(out)]
    command += ["--kept-out", "1", "1", "--reader-units", "1"]
    log, steps = out / "train.log", []
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        before = int(steps[-1] if steps else 0)
        wait_for(log, f"reading landmarks: step {before // 100 * 100 + 100} of 4000")
        began = time.monotonic()
        os.killpg(process.pid, number)
        said, errors = process.communicate(timeout=120)
        assert process.returncode == code, errors
        assert time.monotonic() - began < 60
        assert said == ""
        (line,) = [line for line in errors.splitlines() if line.startswith("stopped, ")]
        kept = rf"step (\d+) of 4000: kept in {out}; the same command goes on there"
        found = re.fullmatch(f"stopped, by {number.name}, at reading landmarks: {kept}", line)
        assert found is not None, line
        steps.append(found[1])
        assert int(steps[-1]) == load(out / "reading_landmarks" / "state.pt")["step"] > before
        assert "Traceback" not in errors
        assert "stack trace" not in errors
        assert not (out / "stop").exists()
    # the second one went on where the first one was
    assert log.read_text().count("reading landmarks: step 100 of 4000") == 1


def wait_for(log: Path, text: str) -> None:
    """Until a file is there and says so."""
    deadline = time.monotonic() + 300
    while not (log.exists() and text in log.read_text()):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
