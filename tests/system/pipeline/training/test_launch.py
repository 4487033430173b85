"""A training as its command sees it: followed, stopped in time, and what it says is kept."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import RunError, UsageError
from pipeline.training import halt, launch
from pipeline.training.alone import alone_in
from pipeline.training.halt import Halt
from pipeline.training.launch import Launch, Trained, launched
from pipeline.training.signals import Asked

# in place of the workers' process: says that it works, and then what it was told to
WORKERS = """
import json, os, signal, sys, time
from pathlib import Path
asked = json.load(sys.stdin)
out = Path(asked["folder"])
if not asked["values"].get("slow"):
    (out / "working").touch()
(out / "session").write_text(str(os.getsid(0)))
with (out / "train.log").open("a") as log:
    log.write("reading landmarks: step 0 of 9\\n")
{does}
"""
KEEPS = """
while not (out / "stop").exists():
    time.sleep(0.01)
print(json.dumps({"stopped": (out / "stop").read_text(), "at": "reading landmarks: step 7 of 9"}))
"""


@pytest.fixture
def job(tmp_path: Path) -> Launch:
    return Launch("module:function", {}, tmp_path / "out")


def workers(monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    monkeypatch.setattr(launch, "python_code", lambda *_: WORKERS.replace("{does}", does))


def trained(
    job: Launch, until: float = math.inf, check: Callable[[Halt], None] = lambda here: None
) -> tuple[str, str] | None:
    with Asked() as asked:
        return launched(job, asked, until, check)


def signalled(name: str, out: Path, times: int = 1) -> threading.Thread:
    """Signals to this process once the workers' one is there."""

    def send() -> None:
        while not (out / "session").exists():
            time.sleep(0.01)
        for _ in range(times):
            time.sleep(0.3)
            os.kill(os.getpid(), signal.Signals[name])

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_reaches_the_workers_as_a_wish_and_they_say_what_they_kept(
    job: Launch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    workers(monkeypatch, KEEPS)
    thread = signalled(name, job.folder)
    found = trained(job)
    thread.join()
    assert found == (name, "reading landmarks: step 7 of 9")
    stands = Trained.of(job.folder, 20, job.folder / "model", found)
    assert (stands.stopped, stands.at, stands.step, stands.model) == (*found, 0, None)
    assert stands.kept("o") == (
        f"stopped, by {name}, at reading landmarks: step 7 of 9: kept in o; the same command goes on there"
    )
    said = capsys.readouterr().err
    assert "reading landmarks: step 0 of 9" in said
    assert f"asked to stop ({name})" in said
    assert not job.stop.exists()
    assert not job.working.exists()
    # a signal to the command's whole group, as timeout sends it, does not reach them
    assert int((job.folder / "session").read_text()) != os.getsid(0)


def test_they_are_told_when_their_time_is_over(job: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    workers(monkeypatch, KEEPS)
    began = time.monotonic()
    found = trained(job, time.time() + 5.0)
    assert time.monotonic() - began < 20
    assert found == (halt.TIME, "reading landmarks: step 7 of 9")
    assert Trained.of(job.folder, 20, job.folder / "model", found).text("o").splitlines() == [
        "step 0 of 20",
        "stopped, its time is over, at reading landmarks: step 7 of 9: kept in o; the same command goes on there",
    ]


def test_workers_that_do_not_stop_are_ended_at_the_second_signal_or_after_a_while(
    job: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers(monkeypatch, "time.sleep(600)")
    thread = signalled("SIGTERM", job.folder, times=2)
    began = time.monotonic()
    assert trained(job) == ("SIGTERM", "the last checkpoint")
    thread.join()
    monkeypatch.setattr(launch, "_GRACE_S", 0.5)
    assert trained(job, time.time() + 5.0) == (halt.TIME, "the last checkpoint")
    assert time.monotonic() - began < 30


def test_what_comes_before_the_workers_stops_too(job: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """As frames that are copied: nothing is started, and no folder is made."""
    workers(monkeypatch, "raise SystemExit('started')")

    def copying(here: Halt) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        here.check("copying frames: 3 of 9 row groups of a part")

    assert trained(job, check=copying) == ("SIGTERM", "copying frames: 3 of 9 row groups of a part")
    assert not job.folder.exists()
    assert trained(job, time.time() - 1) == (halt.TIME, "the start of its workers")


def test_workers_that_have_not_begun_are_ended_at_once(job: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray may take long to start them, or for ever on a cluster that is full; there is nothing to keep."""
    workers(monkeypatch, "time.sleep(600)")
    began = time.monotonic()
    assert trained(replace(job, values={"slow": True}), time.time() + 2.0) == (halt.TIME, "the start of its workers")
    assert time.monotonic() - began < 20
    assert not job.working.exists()


def test_a_second_training_in_the_same_folder_is_refused_and_disturbs_nothing(
    job: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers(monkeypatch, KEEPS)
    with alone_in(job.folder):
        halt.ask(job.stop, "SIGINT")
        with pytest.raises(RunError, match=f"is being trained in by process {os.getpid()} .*another folder"):
            trained(job)
        assert job.stop.exists()
        assert not (job.folder / "session").exists()
    assert trained(job, time.time() + 5.0) == (halt.TIME, "reading landmarks: step 7 of 9")


def test_a_stop_that_was_left_behind_does_not_stop_the_next_one(job: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    workers(monkeypatch, 'print(json.dumps({"stopped": "", "at": str((out / "stop").exists())}))')
    job.folder.mkdir()
    halt.ask(job.stop, "SIGINT")
    assert trained(job) == ("", "False")


@pytest.mark.parametrize(
    ("does", "kind", "said"),
    [
        ("print(json.dumps({'failure': 'give less'}))", UsageError, "^give less$"),
        (
            "print(json.dumps({'error': 'step 3: nan'}))",
            RunError,
            r"stopped \(step 3: nan\); run the same command again",
        ),
        ("raise SystemExit('no such thing')", RunError, r"stopped \(no such thing\)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", RunError, r"stopped \(the workers' process ended with -9\)"),
    ],
)
def test_how_the_workers_end_is_told(
    job: Launch, monkeypatch: pytest.MonkeyPatch, does: str, kind: type[Exception], said: str
) -> None:
    workers(monkeypatch, does)
    with pytest.raises(kind, match=said):
        trained(job)
