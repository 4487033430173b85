"""One stretch of video through all stages: every clip it holds comes out with a verdict."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from models.runtime.batches import device_lost
from pipeline.extraction.finite import NotFinite, check_finite
from stages.clip import Clip, Reject, Runner, Stage
from stages.networks import Ask, NetworkStage
from stages.video.header import Unreadable

log = logging.getLogger(__name__)

Status = Literal["accepted", "rejected", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What became of one clip: the clip as far as it got, why it stopped, and the seconds each stage took."""

    clip: Clip
    status: Status
    reason: str | None
    detail: str | None
    seconds: dict[str, float]


class ClipRunner:
    """The stages of a recipe, opened once, applied to one stretch after the other.

    ask: reaches the networks of stages where they run; without it they are loaded here.
    """

    def __init__(self, stages: Sequence[Stage], ask: Ask | None = None) -> None:
        self._stages: list[tuple[Stage, Runner]] = [(stage, _opened(stage, ask)) for stage in stages]

    def __call__(self, clip: Clip) -> Iterator[Verdict]:
        """Verdicts of `clip` and, where the scene changes, of each part, in time order.

        Raises what a GPU of this process failed with (`models.runtime.batches.device_lost`): it judges nothing any
        more.
        """
        todo: Clip | None = clip
        while todo is not None:
            verdict = self._one(todo)
            yield verdict
            todo = verdict.clip.rest

    def _one(self, clip: Clip) -> Verdict:
        seconds: dict[str, float] = {}
        clip = replace(clip, rest=None)
        try:
            for position, (stage, run) in enumerate(self._stages):
                outcome = _timed(seconds, stage.name, run, clip)
                if not isinstance(outcome, Reject) and outcome.end_s != clip.end_s:
                    outcome = self._again(seconds, position, outcome)
                found = outcome.clip if isinstance(outcome, Reject) else outcome
                before, clip = clip, replace(clip, end_s=found.end_s, rest=found.rest)
                check_finite(before, found)
                if isinstance(outcome, Reject):
                    return Verdict(outcome.clip, "rejected", outcome.reason, outcome.detail, seconds)
                clip = outcome
        except Unreadable as error:
            return Verdict(clip, "failed", "unreadable", str(error), seconds)
        except NotFinite as error:
            return Verdict(clip, "failed", "error", f"stage {stage.name}: {error}", seconds)
        except TimeoutError as error:
            return Verdict(clip, "failed", "timeout", f"stage {stage.name}: {error}", seconds)
        except Exception as error:
            if device_lost(error):
                raise
            log.exception("%s: stage %s", clip.path, stage.name)
            detail = f"stage {stage.name}: {type(error).__name__}: {error}"
            return Verdict(clip, "failed", "error", detail, seconds)
        return Verdict(clip, "accepted", None, None, seconds)

    def _again(self, seconds: dict[str, float], position: int, part: Clip) -> Clip | Reject:
        """The stages before `position` once more on the part a stage cut off: length and speech are its own now."""
        own = self._stages[position][0].columns.names
        kept = {name: part.columns[name] for name in own if name in part.columns}
        clip = replace(part, columns={})
        for stage, run in self._stages[:position]:
            outcome = _timed(seconds, stage.name, run, clip)
            if isinstance(outcome, Reject):
                return replace(outcome, clip=outcome.clip.add(**kept))
            clip = outcome
        return clip.add(**kept)


def _opened(stage: Stage, ask: Ask | None) -> Runner:
    return stage.open(ask) if isinstance(stage, NetworkStage) else stage.open()


def _timed(seconds: dict[str, float], name: str, run: Runner, clip: Clip) -> Clip | Reject:
    start = time.perf_counter()
    try:
        return run(clip)
    finally:
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start
