"""What the commands of all trainings do alike: run their workers until the end, and say how it ended."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pipeline.training.halt import Halt, Stopped
from pipeline.training.launch import Launch, Trained, launched
from pipeline.training.signals import CODES, Asked

Plan = TypeVar("Plan")


class OfSteps(Protocol):
    """Settings of a training."""

    @property
    def steps(self) -> int: ...


class Job(Protocol):
    """A training as it is asked for. out: its folder. seconds: of a call, None: until the last step. model: its
    file."""

    @property
    def out(self) -> str: ...

    @property
    def training(self) -> OfSteps: ...

    @property
    def workers(self) -> int: ...

    @property
    def seconds(self) -> float | None: ...

    @property
    def model(self) -> Path: ...

    def as_values(self) -> Mapping[str, Any]: ...


def trained(job: Job, entry: str, check: Callable[[Halt], None], asked: Asked, began: float) -> Trained:
    """Train, or go on with what is in the job's folder; returns at the last step, when the job's seconds are over since
    `began` (`time.time`), or when a signal asks for it: then it has kept what it has, whatever it was at.

    entry: "module:function" that every worker calls with the job's values. check: finds out what is wrong before they
    start. Raises what it raises, and what `launched` raises.
    """
    launch = Launch(entry, job.as_values(), Path(job.out), job.workers)
    until = math.inf if job.seconds is None else began + job.seconds
    stopped = launched(launch, asked, until, check)
    return Trained.of(launch.folder, job.training.steps, job.model, stopped)


def tell_trained(done: Trained, out: str, as_json: bool) -> None:
    """Print how a training ended. out: its folder, as typed. SystemExit: a signal ended it."""
    if done.stopped in CODES:
        print(done.kept(out), file=sys.stderr)
        raise SystemExit(CODES[done.stopped])
    print(json.dumps(asdict(done)) if as_json else done.text(out))


def tell_plan(planned: Callable[[Halt], Plan], text: Callable[[Plan], str], asked: Asked, as_json: bool) -> None:
    """Print a plan, a dataclass, as `text` has it or as JSON. SystemExit: a signal ended it."""
    try:
        found = planned(Halt(asked=asked.why))
    except Stopped as stop:
        print(f"stopped by {stop.why}: a plan keeps nothing", file=sys.stderr)
        raise SystemExit(CODES[stop.why]) from stop
    print(json.dumps(asdict(found)) if as_json else text(found))  # type: ignore[call-overload]
