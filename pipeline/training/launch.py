"""A training as a command sees it: its workers are started, followed, ended or told to stop."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipeline.errors import RunError, UsageError
from pipeline.program import python_code
from pipeline.training import halt
from pipeline.training.alone import alone_in
from pipeline.training.halt import Halt, Stopped
from pipeline.training.signals import Asked
from pipeline.training.speed import EXAMPLES, WAITED

_LOOK_S = 0.2
_GRACE_S = 120.0
"""So long workers may take to keep what they have before they are ended."""
_STARTING, _CHECKPOINT = "the start of its workers", "the last checkpoint"
"""Where a training was whose workers were ended: before they had something to keep, and after it."""


@dataclass(frozen=True)
class Launch:
    """A training to be run by workers.

    entry: "module:function", what each of them calls (`under_ray.Entry`). values: JSON-ready, what it is called with.
    folder: where the training is kept.
    """

    entry: str
    values: Mapping[str, Any]
    folder: Path
    workers: int = 1

    @property
    def stop(self) -> Path:
        """There while the training is asked to stop."""
        return self.folder / "stop"

    @property
    def working(self) -> Path:
        """There once the workers have something to keep."""
        return self.folder / "working"

    @property
    def log(self) -> Path:
        """What the workers say."""
        return self.folder / "train.log"

    def as_json(self) -> str:
        """For the workers' process."""
        values = {"entry": self.entry, "values": self.values, "folder": str(self.folder), "workers": self.workers}
        return json.dumps(values)


@dataclass(frozen=True)
class Trained:
    """Where a training stands: its step of all steps, its last figures, the model's file.

    model: None where there is none yet. stopped: why it stopped before its last step, time or a signal's name; at:
    where it was then.
    """

    step: int
    steps: int
    figures: dict[str, float]
    model: str | None
    stopped: str | None = None
    at: str = ""

    @classmethod
    def of(cls, folder: Path, steps: int, model: Path, stopped: tuple[str, str] | None) -> Trained:
        """What a training left in its folder. stopped: why, and where it was."""
        from pipeline.training.curves import read_curve

        curve = read_curve(folder)
        last: dict[str, float] = curve[-1] if curve else {"step": 0}
        why, at = stopped or (None, "")
        return cls(int(last["step"]), steps, last, str(model) if model.exists() else None, why, at)

    def kept(self, out: str) -> str:
        """In a line, why it stopped, what is kept in the folder `out`, and how it goes on."""
        why = "its time is over" if self.stopped == halt.TIME else f"by {self.stopped}"
        return f"stopped, {why}, at {self.at}: kept in {out}; the same command goes on there"

    def text(self, out: str) -> str:
        """As a person reads it."""
        lines = [f"step {self.step} of {self.steps}"]
        lines += [] if self.stopped is None else [self.kept(out)]
        if EXAMPLES in self.figures:
            pace, waited = self.figures[EXAMPLES], self.figures[WAITED]
            lines.append(f"{pace:,.0f} windows a second, {waited:.1%} of the time spent waiting for them")
        return "\n".join([*lines, *([] if self.model is None else [f"look at: {self.model}"])])


def launched(
    launch: Launch, asked: Asked, until: float, check: Callable[[Halt], None] = lambda here: None
) -> tuple[str, str] | None:
    """Train, or go on with what is in the folder; returns at the last step, at the moment `until` (`time.time`), or
    when a signal asks for it: then workers have kept what they have, and it says why and where they stopped.

    check: what is to be found out before workers start, while their process imports PyTorch and Ray; may raise Stopped.
    What the workers say is in the folder's train.log, and comes on standard error. Raises what `check` raises,
    UsageError when the cluster has GPUs but not one a worker, and RunError
    when another process trains in that folder, or the workers could not finish.
    """
    here = Halt(until, asked=asked.why)
    with ExitStack() as held, _workers() as workers:
        try:
            check(here)
            here.check(_STARTING)
        except Stopped as stop:
            return stop.why, stop.at
        held.enter_context(alone_in(launch.folder))
        _forget(launch)
        try:
            with _followed(launch.log):
                found = _ran(workers, launch, here, asked)
        finally:
            _forget(launch)
    if "failure" in found:
        raise UsageError(found["failure"])
    if "error" in found:
        raise RunError(
            f"the training stopped ({found['error']}); run the same command again: it goes on from the last "
            f"checkpoint in {launch.folder}"
        )
    return (found["stopped"], found.get("at", "")) if "stopped" in found else None


def _forget(launch: Launch) -> None:
    for said in (launch.stop, launch.working):
        said.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Workers:
    """The process that runs the workers (`under_ray`), and what it and Ray print."""

    process: subprocess.Popen[str]
    log: IO[bytes]


@contextmanager
def _workers() -> Iterator[_Workers]:
    """It waits for a job; afterwards it has ended. In a session of its own, no signal to a process group reaches it."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-c", python_code(f"{__package__}.under_ray", "main")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        try:
            yield _Workers(process, log)
        finally:
            _end(process)


def _ran(workers: _Workers, launch: Launch, here: Halt, asked: Asked) -> dict[str, Any]:
    """How the workers ended (`under_ray.ended`)."""
    process = workers.process
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(launch.as_json())
        process.stdin.close()
    except BrokenPipeError:
        return {"error": _last_words(workers)}
    ended_by = _attended(process, launch, here, asked)
    said = process.stdout.read()
    if said:
        return dict(json.loads(said))
    if ended_by is not None:
        return {"stopped": ended_by, "at": _CHECKPOINT if launch.working.exists() else _STARTING}
    return {"error": _last_words(workers)}


def _attended(process: subprocess.Popen[str], launch: Launch, here: Halt, asked: Asked) -> str | None:
    """Wait for the workers' process, and tell them to stop when it is time. Why it was ended, if it had to be: they had
    not begun, or took too long."""
    why, asked_at = None, math.inf
    while True:
        try:
            process.wait(_LOOK_S)
            return why
        except subprocess.TimeoutExpired:
            pass
        if why is None and (why := here.why()) is not None:
            if not launch.working.exists():
                _end(process)
                return why
            halt.ask(launch.stop, why)
            asked_at = time.monotonic()
            say(f"asked to stop ({why}): the workers keep what they have")
        if asked.times > 1 or time.monotonic() - asked_at > _GRACE_S:
            _end(process)
            return why


def _end(process: subprocess.Popen[str]) -> None:
    """End a process that still lives, with all of its session's process group: Ray's own are in it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_words(workers: _Workers) -> str:
    log = workers.log
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - 4000))
    said = log.read().decode(errors="replace").strip().splitlines()
    return said[-1] if said else f"the workers' process ended with {workers.process.wait()}"


@contextmanager
def _followed(log: Path) -> Iterator[None]:
    """Meanwhile, what is written to a file also comes on standard error."""
    log.parent.mkdir(parents=True, exist_ok=True)
    over = threading.Event()

    def follow() -> None:
        ended = False
        while not ended:
            ended = over.wait(_LOOK_S)
            sys.stderr.write(file.read())
            sys.stderr.flush()

    with log.open("a+") as file:
        thread = threading.Thread(target=follow)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def say(text: str) -> None:
    """To standard error."""
    print(text, file=sys.stderr, flush=True)
