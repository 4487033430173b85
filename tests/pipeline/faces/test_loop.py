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

import pytest
import torch
from made_faces import moving_clip, stage_faces

from models.face.checkpoint import load_model, read_recipe
from pipeline.command import Failure
from pipeline.faces import loop
from pipeline.faces.curves import CURVE, read_curve
from pipeline.faces.job import FaceJob
from pipeline.faces.loop import beginning, opened, train
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training import load, save
from tests.models import random_face

ROOT = Path(__file__).resolve().parents[3]
STEPS = 5
TRAINING = FaceTraining(
    steps=STEPS,
    units=1,
    warm_up=1,
    swaps=0.2,
    adversarial=0.4,
    every=1,
    reader_steps=2,
    reader_units=1,
    warp_steps=2,
    warp_units=1,
    kept_out=(1, 1),
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five people, a clip each."""
    root = tmp_path_factory.mktemp("faces") / "catalog"
    stage_faces(root, *(moving_clip(who) for who in range(5)))
    return root


@pytest.fixture(autouse=True)
def own_cache(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(catalog.parent / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def job(catalog: Path, out: Path, **more: Any) -> FaceJob:
    return FaceJob(str(catalog), str(out), TRAINING, log=1, pictures=2, keep_s=0.0, **more)


def start(catalog: Path, out: Path, times: int = 1, **settings: float) -> subprocess.Popen[str]:
    """The job in a process of its own, `times` in a row. All have one thread: rounding depends on how many."""
    arguments = [str(catalog), str(out), str(times), json.dumps(settings)]
    return subprocess.Popen([sys.executable, "-c", _RUN, *arguments], cwd=ROOT, text=True)


_RUN = """
import json
import sys
sys.path[:0] = ["tests/pipeline/faces", "tests/catalogs"]
from pathlib import Path
from test_loop import job
from pipeline.faces.loop import train
for _ in range(int(sys.argv[3])):
    train(job(Path(sys.argv[1]), Path(sys.argv[2]), **json.loads(sys.argv[4])), lambda step, figures: None)
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


@pytest.mark.slow
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
    assert start(catalog, stopped, times=STEPS, seconds=0.0).wait(300) == 0  # a step at a time
    assert [point["step"] for point in read_curve(whole)] == list(range(1, STEPS + 1))
    for other in (killed, stopped):
        assert (other / CURVE).read_text() == (whole / CURVE).read_text(), other
        assert same(load(other / "state.pt"), load(whole / "state.pt")), other
        # the recipe inside says how many seconds it took
        one, two = (load_model(each / "model.safetensors").state_dict() for each in (other, whole))
        assert same(one, two)


@pytest.mark.slow
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
    assert [text.split(":")[0] for text in said[::2]] == ["reading landmarks", "reading expressions", "learning warps"]
    names = {path.name for path in out.iterdir()}
    assert {
        "state.pt",
        "judges.pt",
        "warps.pt",
        "model.safetensors",
        CURVE,
        "watch-000002.png",
        "watch-000005.png",
    } <= names
    assert sum(name.startswith("events.out.tfevents") for name in names) == 1
    preset, recipe = read_recipe(out / "model.safetensors")
    assert (preset, recipe["step"], recipe["command"]) == ("tiny", STEPS, "python jobs/train_faces.py")
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
    state["optimiser"]["param_groups"].pop()
    save(state, out / "state.pt")
    with pytest.raises(Failure, match=r"state\.pt was written by an older version, .*: give another folder"):
        train(job(catalog, out), lambda step, figures: None)


def test_too_few_subjects_are_told_before_anything_is_made(catalog: Path, tmp_path: Path) -> None:
    many = replace(job(catalog, tmp_path / "out"), training=replace(TRAINING, kept_out=(9, 4)))
    with pytest.raises(Failure, match="5 subjects are too few to keep 9 and 4 out"):
        train(many, lambda step, figures: None)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_training_may_begin_with_a_model_and_goes_on_without_its_file(catalog: Path, tmp_path: Path) -> None:
    first = random_face.write(tmp_path / "first.safetensors")
    given = load_model(first).state_dict()
    still = replace(TRAINING, steps=2, rate=0.0, decay=0.0, ema=0.0)
    out = tmp_path / "out"
    asked = replace(job(catalog, out, start=str(first)), training=still)
    train(replace(asked, seconds=0.0), lambda step, figures: None)
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
    asked = FaceJob("/catalog", str(tmp_path / "out"), start=str(base))
    with pytest.raises(Failure, match=r"base.safetensors is of preset base, not tiny: give --preset base"):
        beginning(asked)
    assert beginning(replace(asked, preset="base")) is not None
    for name in ("no.safetensors", "absent.safetensors"):
        (tmp_path / "no.safetensors").write_text("no")
        with pytest.raises(Failure, match=f"{name}: not a face model"):
            beginning(replace(asked, start=str(tmp_path / name)))
    assert beginning(replace(asked, start=None)) is None


def test_figures_are_means_over_the_steps_that_have_them() -> None:
    seen = [{"total": 1.0}, {"total": 3.0, "cycle": 5.0}]
    assert loop._averaged(seen) == {"cycle": 5.0, "total": 2.0}
