"""A training from its folder to its end, interrupted or not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.face.checkpoint import load_model, read_recipe, read_space
from models.face.presets import PRESETS
from pipeline.errors import UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.pinned import Pinned
from pipeline.faces.prepare import init_from, opened
from pipeline.faces.settings import FaceTraining
from pipeline.faces.train import train
from pipeline.training.checkpoint import load, save
from pipeline.training.curves import CURVE, read_curve
from pipeline.training.halt import Halt, Stopped
from tests.made import random_face
from tests.made.faces import moving_clip, stage_faces
from tests.made.quarter import QUARTER
from tests.root import ROOT

STEPS = 5
TRAINING = FaceTraining(
    steps=STEPS,
    units=1,
    warm_up=1,
    cross_start=0.2,
    gan_start=0.4,
    every=1,
    reader_steps=3,
    reader_units=1,
    warp_steps=3,
    warp_units=1,
    held_out_subjects=(1, 1),
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five people, a clip each."""
    root = tmp_path_factory.mktemp("faces") / "catalog"
    stage_faces(root, *(moving_clip(who) for who in range(5)))
    return root


@pytest.fixture(autouse=True)
def known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, QUARTER.name, QUARTER)


@pytest.fixture(autouse=True)
def own_cache(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(catalog.parent / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def job(catalog: Path, out: Path, **more: Any) -> FaceJob:
    return FaceJob(str(catalog), str(out), TRAINING, QUARTER.name, log=1, pictures=2, keep_s=0.0, **more)


class ASecondStep(Halt):
    """Stops at every second question, but for those between two clips: after a step."""

    def __init__(self) -> None:
        asked = iter(range(1000))
        super().__init__(asked=lambda: "SIGTERM" if next(asked) % 2 else None)

    def check(self, at: str) -> None:
        pass


class AfterOneStep(Halt):
    """Stops a training whose judges are there after a step."""

    def __init__(self, out: Path) -> None:
        asked = iter(range(1000))
        super().__init__(asked=lambda: "SIGTERM" if (out / "loss_networks.pt").exists() and next(asked) else None)


class InTheLook(Halt):
    """Stops while the model is looked at."""

    def check(self, at: str) -> None:
        if at == "looking at the model":
            raise Stopped("SIGINT", at)


def stopped_often(asked: FaceJob) -> list[str]:
    """The job stopped in its first look, begun with, then stopped and taken up until it ends; where it stopped."""
    at = []
    for halt in (ASecondStep(), ASecondStep(), InTheLook(), *(ASecondStep() for _ in range(20))):
        try:
            train(asked, lambda step, figures: None, halt=halt)
        except Stopped as stop:
            at.append(stop.at)
        else:
            break
    return at


def start(catalog: Path, out: Path, what: str = "train") -> subprocess.Popen[str]:
    """The job in a process of its own. All have one thread: rounding depends on how many. what: train or stop."""
    command = [sys.executable, "-c", _RUN, str(catalog), str(out), what]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)


_RUN = """
import json
import sys
from pathlib import Path
from tests.system.pipeline.faces.test_train import job, stopped_often
from models.face.presets import PRESETS
from pipeline.faces.train import train
from tests.made.quarter import QUARTER
PRESETS[QUARTER.name] = QUARTER
asked = job(Path(sys.argv[1]), Path(sys.argv[2]))
if sys.argv[3] == "stop":
    print(json.dumps(stopped_often(asked)))
else:
    train(asked, lambda step, figures: None, tell=lambda text: None)
"""


def same(one: object, other: object) -> bool:
    """Bit for bit, whatever the nesting; but for the seconds spent."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)  # type: ignore[arg-type]
    if isinstance(one, dict):
        assert isinstance(other, dict)
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one if key != "seconds")
    if isinstance(one, list | tuple):
        return all(same(a, b) for a, b in zip(one, other, strict=True))  # type: ignore[call-overload]
    return one == other


def test_a_training_that_was_killed_or_stopped_ends_as_one_that_was_not(catalog: Path, tmp_path: Path) -> None:
    whole, killed, stopped = (tmp_path / name for name in ("whole", "killed", "stopped"))
    assert start(catalog, whole).wait(300) == 0
    process = start(catalog, killed)
    curve, deadline = killed / CURVE, time.monotonic() + 200
    while time.monotonic() < deadline and not (curve.exists() and len(curve.read_text().splitlines()) >= 3):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= load(killed / "state.pt")["step"] < STEPS
    assert start(catalog, killed).wait(300) == 0
    said, _ = start(catalog, stopped, "stop").communicate(timeout=300)
    at = json.loads(said.splitlines()[-1])
    assert at == [
        "reading landmarks: step 1 of 3",
        "reading landmarks: step 2 of 3",
        "step 2 of 5",  # in the look
        "step 3 of 5",
        "step 4 of 5",
    ]
    assert [point["step"] for point in read_curve(whole)] == list(range(1, STEPS + 1))
    for other in (killed, stopped):
        assert (other / CURVE).read_text() == (whole / CURVE).read_text(), other
        assert same(load(other / "state.pt"), load(whole / "state.pt")), other
        # the recipe inside says how many seconds it took
        one, two = (load_model(each / "model.safetensors").state_dict() for each in (other, whole))
        assert same(one, two)


def test_what_a_training_leaves(catalog: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, dict[str, float]]] = []
    out = tmp_path / "out"
    said: list[str] = []
    train(
        job(catalog, out, command="python jobs/train_faces.py"),
        lambda step, figures: heard.append((step, figures)),
        tell=said.append,
    )
    assert [step for step, _ in heard] == list(range(1, STEPS + 1))
    assert {"watch/mouth", "watch/gain", "critic", "identity"} <= set(heard[3][1])
    assert not {"identity", "transfer", "adversarial"} & set(heard[0][1])  # before they begin
    assert "identity" in heard[1][1]
    assert "adversarial" not in heard[1][1]
    assert [text.split(":")[0] for text in said[::3]] == ["reading landmarks", "reading expressions", "learning warps"]
    space = read_space(out / "model.safetensors")
    assert space is not None
    pinned = Pinned.at(job(catalog, out))
    assert pinned is not None
    assert all(np.array_equal(space[name], array) for name, array in pinned.space.arrays().items())
    names = {path.name for path in out.iterdir()}
    assert {
        "state.pt",
        "loss_networks.pt",
        "warps.pt",
        "pinned.pt",
        "model.safetensors",
        CURVE,
        "watch-000002.png",
        "watch-000005.png",
    } <= names
    assert sum(name.startswith("events.out.tfevents") for name in names) == 1
    preset, recipe = read_recipe(out / "model.safetensors")
    assert (preset, recipe["step"], recipe["command"]) == ("quarter", STEPS, "python jobs/train_faces.py")
    assert recipe["left_out"] == 0
    store, split = opened(job(catalog, out))
    kept = {*split.test, *split.validation}
    assert len(kept) == 2
    assert len(recipe["clips"]) == len(recipe["content"]) == 3
    assert {clip_id for _, clip_id in recipe["clips"]} == {
        clip.clip_id for clip in store.clips if clip.subject_id not in kept
    }
    # a finished training is left as it is
    before = (out / "state.pt").stat().st_mtime_ns
    train(job(catalog, out), lambda step, figures: heard.append((step, figures)))
    assert len(heard) == STEPS
    assert (out / "state.pt").stat().st_mtime_ns == before
    # one of a version whose optimiser had fewer groups
    state = load(out / "state.pt")
    state["optimisers"]["model"]["param_groups"].pop()
    save(state, out / "state.pt")
    with pytest.raises(UsageError, match=r"state\.pt was written by an older version, .*: give another folder"):
        train(job(catalog, out), lambda step, figures: None)


def test_too_few_subjects_are_told_before_anything_is_made(catalog: Path, tmp_path: Path) -> None:
    many = replace(job(catalog, tmp_path / "out"), training=replace(TRAINING, held_out_subjects=(9, 4)))
    with pytest.raises(UsageError, match="5 subjects are too few to keep 9 and 4 out"):
        train(many, lambda step, figures: None)
    assert not (tmp_path / "out").exists()


def test_a_training_may_begin_with_a_model_and_goes_on_without_its_file(catalog: Path, tmp_path: Path) -> None:
    first = random_face.write(tmp_path / "first.safetensors", QUARTER.name)
    given = load_model(first).state_dict()
    still = replace(TRAINING, steps=2, lr=0.0, decay=0.0, ema=0.0)
    out = tmp_path / "out"
    asked = replace(job(catalog, out, init_from=str(first)), training=still)
    with pytest.raises(Stopped, match="step 1 of 2"):
        train(asked, lambda step, figures: None, halt=AfterOneStep(out))
    found = load_model(out / "model.safetensors").state_dict()
    assert all(torch.equal(found[name], value) for name, value in given.items())
    first.unlink()
    train(asked, lambda step, figures: None)
    _, recipe = read_recipe(out / "model.safetensors")
    assert (recipe["step"], recipe["started_from"]["step"]) == (2, None)
    assert "hash of nobody" in recipe["content"]
    assert len(recipe["content"]) == 4


def test_what_a_training_cannot_begin_with_is_named(tmp_path: Path) -> None:
    base = random_face.write(tmp_path / "base.safetensors", "base")
    asked = FaceJob("/catalog", str(tmp_path / "out"), init_from=str(base))
    with pytest.raises(UsageError, match=r"base.safetensors is of preset base, not tiny: give --preset base"):
        init_from(asked)
    assert init_from(replace(asked, preset="base")) is not None
    for name in ("no.safetensors", "absent.safetensors"):
        (tmp_path / "no.safetensors").write_text("no")
        with pytest.raises(UsageError, match=f"{name}: not a face model"):
            init_from(replace(asked, init_from=str(tmp_path / name)))
    assert init_from(replace(asked, init_from=None)) is None


def test_time_that_is_over_before_anything_is_learned_stops_it(catalog: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stop:
        train(job(catalog, tmp_path / "out"), lambda step, figures: None, halt=Halt(0.0))
    assert stop.value.at.startswith(("copying frames", "reading the clips' landmarks"))
