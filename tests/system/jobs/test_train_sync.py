"""jobs/train_sync.py: what it says of catalogs without enough in them, before any worker starts; the whole job once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray

from models.sync.checkpoint import load_sync, read_sync_recipe
from pipeline.training.curves import read_curve
from tests.made.sync_catalog import AUDIO, Spoken, sync_catalog
from tests.root import ROOT

Job = Callable[..., Any]
LATE = {3: 4, 8: -5}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Twelve people, two clips each; the sound of some is off."""
    clips = [Spoken(place % 12, LATE.get(place, 0)) for place in range(24)]
    sync_catalog(tmp_path / "catalog", [*clips, Spoken(0, speech=0.1)])
    return tmp_path / "catalog"


@pytest.fixture
def train(job: Job, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job; starting Ray is an error."""

    def forbidden(**_: Any) -> None:
        raise AssertionError("Ray was started")

    monkeypatch.setattr(ray, "init", forbidden)
    return lambda *arguments: job("train_sync", *arguments)


def test_too_few_people_end_it_with_a_message(train: Job, catalog: Path, tmp_path: Path) -> None:
    done = train("--catalog", catalog, "--out", tmp_path / "out", "--kept-out", "8", "4")
    assert done.code == 2
    assert done.err.startswith("error: 12 subjects are too few to keep 8 and 4 out and train on at least two")
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_catalog_in_which_nobody_speaks_or_that_is_not_there(train: Job, tmp_path: Path) -> None:
    sync_catalog(tmp_path / "mute", [Spoken(0, speech=0.1)])
    done = train("--catalog", tmp_path / "mute", "--out", tmp_path / "out")
    assert done.code == 2
    assert "has no accepted clip with sound, latents and speech in 25% of it: extract talking people" in done.err
    done = train("--catalog", tmp_path / "none", "--out", tmp_path / "out")
    assert (done.code, done.err.startswith("error: there is no catalog at")) == (2, True)


@pytest.mark.slow
@pytest.mark.ray
def test_the_whole_job(
    catalog: Path, tmp_path: Path, shared_head: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shared_head.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out"
    command = [sys.executable, str(ROOT / "jobs/train_sync.py"), "--catalog", str(catalog), "--out", str(out)]
    command += ["--kept-out", "2", "1", "--rounds", "1", "--steps", "150", "--window", "30", "--dropout", "0", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert (found["step"], found["steps"], found["model"]) == (150, 150, str(out / "model.safetensors"))
    assert "clips of 18 are sure of their sound's offset" in done.stderr
    assert read_curve(out)[-1]["step"] == 150
    audio, recipe = read_sync_recipe(out / "model.safetensors")
    assert audio == {"variant": "whisper", "width": AUDIO}
    assert (recipe["step"], recipe["landmarks"], len(recipe["clips"])) == (150, False, 18)
    assert len(recipe["test_subjects"]) == 2
    assert {late for late in recipe["offsets"].values() if late} <= set(LATE.values())
    assert load_sync(out / "model.safetensors").sound_mean.shape == (AUDIO,)
    scores = json.loads((out / "scores.json").read_text())
    assert (scores["test"]["people"], scores["validation"]["people"]) == (2, 1)
    assert scores["test"]["shifted"]["within"] > 0.9
