"""One network to be measured: our call, the bare loop over the same network, and how both are timed in turn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]

SHORTEST = 0.25
"""Seconds one timing lasts at least: what is quicker is done several times over."""

PREPARE, SEARCH = "prepare", "search"


class Skipped(RuntimeError):
    """This network cannot be measured here; says why."""


@dataclass(frozen=True)
class About:
    """What was measured.

    item: what one item is, in words. batch: items in one call; at_once: how many of them the network takes together,
    in both loops. per_minute: items of one minute of video at the stage's default sampling. stage: "name=variant" of
    the network as a recipe has it, None of one that runs inside its stage. note: what a reader must know besides.
    """

    item: str
    batch: int
    at_once: int
    per_minute: float
    stage: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Case:
    """A network ready to run.

    ours: the labeller's call on a batch, its own preprocessing in it. bare: the same network object on the same batch
    as it wants it, and nothing else. published: likewise the network as its file has it, where ours was changed to be
    faster. prepare: the stage's preprocessing of what one minute of video takes. search: what else the stage does for
    that minute before it asks the network.
    """

    about: About
    ours: Work
    bare: Work
    published: Work | None = None
    prepare: Work | None = None
    search: Work | None = None


@dataclass(frozen=True)
class Measured:
    """What the rounds found. rounds: seconds by loop, for one item; of the stage's own work for one minute of video."""

    about: About
    rounds: Mapping[str, Sequence[float]]

    def seconds(self, loop: str) -> float | None:
        """The median over rounds, None where there is no such loop."""
        return median(self.rounds[loop]) if loop in self.rounds else None

    def ratio(self, loop: str) -> float | None:
        """Our seconds over those of another loop: the median of the rounds' ratios. None where there is none."""
        if loop not in self.rounds:
            return None
        return median(ours / other for ours, other in zip(self.rounds["ours"], self.rounds[loop], strict=True))

    @property
    def rate(self) -> float:
        """Items a second in our call."""
        return 1 / median(self.rounds["ours"])

    @property
    def share(self) -> float:
        """Of what is no network in the seconds of our call and of the stage's preprocessing, 0 to 1."""
        ours, bare = self.rounds["ours"], self.rounds["bare"]
        given = [a / self.about.per_minute for a in self.rounds.get(PREPARE, [0.0] * len(ours))]
        return median((max(0.0, o - b) + p) / (o + p) for o, b, p in zip(ours, bare, given, strict=True))

    @property
    def network_minute(self) -> float:
        """Seconds of our call for one minute of video."""
        return median(self.rounds["ours"]) * self.about.per_minute

    @property
    def stage_minute(self) -> float:
        """Seconds of the stage's own work for one minute of video."""
        return (self.seconds(PREPARE) or 0.0) + (self.seconds(SEARCH) or 0.0)


def measure(case: Case, rounds: int, clock: Callable[[], float] = time.perf_counter) -> Measured:
    """Time all loops of a case in turn, `rounds` times, after a first time that does not count."""
    given = {"bare": case.bare, "ours": case.ours, "published": case.published}
    given |= {PREPARE: case.prepare, SEARCH: case.search}
    loops = {name: work for name, work in given.items() if work is not None}
    times = {name: _repeats(work, clock) for name, work in loops.items()}
    found: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds):
        for name, work in loops.items():
            items = 1 if name in (PREPARE, SEARCH) else case.about.batch
            found[name].append(_timed(work, times[name], clock) / items)
    return Measured(case.about, found)


def _repeats(work: Work, clock: Callable[[], float]) -> int:
    work()
    return max(1, math.ceil(SHORTEST / max(_timed(work, 1, clock), 1e-6)))


def _timed(work: Work, times: int, clock: Callable[[], float]) -> float:
    """Seconds of one run, over `times` of them."""
    start = clock()
    for _ in range(times):
        work()
    return (clock() - start) / times
