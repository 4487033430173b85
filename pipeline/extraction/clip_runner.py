"""One stretch of video through all stages: every clip it holds comes out with a verdict."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from models.runtime.batches import device_lost
from pipeline.extraction.finite import NotFinite, check_finite
from stages.clip import Clip, NoTrack, Outcome, Refusal, Reject, Runner, Stage
from stages.networks import Infer, NetworkStage
from stages.video.header import Unreadable

log = logging.getLogger(__name__)

Status = Literal["accepted", "rejected", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What became of one clip: the clip as far as it got, why it stopped, and the seconds each stage took.

    refusals: by stage, each no it met, the first one first; that one is the verdict's. More than one only where all
    labels were wanted. A stage that could not run on a refused clip took 0 seconds.
    """

    clip: Clip
    status: Status
    reason: str | None
    detail: str | None
    seconds: dict[str, float]
    refusals: Mapping[str, Refusal] = field(default_factory=dict)


class ClipRunner:
    """The stages of a recipe, opened once, applied to one stretch after the other.

    infer: reaches the networks of stages where they run; without it they are loaded here. label_all: a refused clip
    goes on through the stages that can run on it; its verdict is the one it has without that.
    """

    def __init__(self, stages: Sequence[Stage], infer: Infer | None = None, label_all: bool = False) -> None:
        self._stages: list[tuple[Stage, Runner]] = [(stage, opened(stage, infer)) for stage in stages]
        self._label_all = label_all

    def __call__(self, clip: Clip) -> Iterator[Verdict]:
        """Verdicts of `clip` and, where the scene changes, of each part, in time order.

        Raises what a GPU of this process failed with (`models.runtime.batches.device_lost`): it judges nothing any
        more.
        """
        todo: Clip | None = replace(clip, label_all=self._label_all)
        refused: dict[str, Refusal] = {}
        while todo is not None:
            passage = _Passage(self._stages, todo, refused)
            yield passage.verdict()
            todo, refused = passage.clip.rest, passage.before_cut


class _Passage:
    """One clip on its way through the stages.

    refused: what was refused already of the stretch that it is a part of. before_cut: the same for what is left of the
    stretch behind this clip.
    """

    def __init__(self, stages: Sequence[tuple[Stage, Runner]], clip: Clip, refused: Mapping[str, Refusal]) -> None:
        self._stages = stages
        self.clip = replace(clip, rest=None)
        self._refusals = dict(refused)
        self.before_cut: dict[str, Refusal] = {}
        self._seconds: dict[str, float] = {}

    def verdict(self) -> Verdict:
        """The clip's verdict; a clip that was refused has it, whatever the later stages do."""
        for position, (stage, run) in enumerate(self._stages):
            failure = self._step(position, stage, run)
            if failure is not None and not self._refusals:
                return Verdict(self.clip, "failed", *failure, self._seconds)
            if failure is not None:
                self._seconds[stage.name] = 0.0
            if self._refusals and not self.clip.label_all:
                break
        if not self._refusals:
            return Verdict(self.clip, "accepted", None, None, self._seconds)
        first = next(iter(self._refusals.values()))
        return Verdict(self.clip, "rejected", first.reason, first.detail, self._seconds, self._refusals)

    def _step(self, position: int, stage: Stage, run: Runner) -> tuple[str, str] | None:
        """One stage; where it fails, the reason and the detail of it."""
        try:
            outcome = self._timed(stage.name, run, self.clip)
            found, refusals = _told(stage, outcome)
            if found.end_s != self.clip.end_s and (self.clip.label_all or not refusals):
                self.before_cut = dict(self._refusals)
                if refusals:  # it stands, whatever the stages before say of the part
                    self.clip, self._refusals = found, self._refusals | refusals
                found, refusals = self._again(position, found)
            before, self.clip = self.clip, replace(self.clip, end_s=found.end_s, rest=found.rest)
            check_finite(before, found)
            self.clip, self._refusals = found, self._refusals | refusals
        except Unreadable as error:
            return "unreadable", str(error)
        except NotFinite as error:
            return "error", f"stage {stage.name}: {error}"
        except TimeoutError as error:
            return "timeout", f"stage {stage.name}: {error}"
        except Exception as error:
            if device_lost(error):
                raise
            if not (self._refusals and isinstance(error, NoTrack)):
                log.exception("%s: stage %s", self.clip.path, stage.name)
            return "error", f"stage {stage.name}: {type(error).__name__}: {error}"
        return None

    def _again(self, position: int, part: Clip) -> tuple[Clip, dict[str, Refusal]]:
        """The stages before `position` once more on the part a stage cut off: length and speech are its own now."""
        own = self._stages[position][0].columns.names
        kept = {name: part.columns[name] for name in own if name in part.columns}
        clip = replace(part, columns={})
        found: dict[str, Refusal] = {}
        for stage, run in self._stages[:position]:
            clip, refusals = _told(stage, self._timed(stage.name, run, clip))
            found |= refusals
            if found and not clip.label_all:
                break
        return clip.add(**kept), found

    def _timed(self, name: str, run: Runner, clip: Clip) -> Outcome:
        start = time.perf_counter()
        try:
            return run(clip)
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - start


def _told(stage: Stage, outcome: Outcome) -> tuple[Clip, dict[str, Refusal]]:
    """The clip after a stage, and the stage's no, if it is one."""
    if isinstance(outcome, Reject):
        return outcome.clip, {stage.name: Refusal(outcome.reason, outcome.detail)}
    return outcome, {}


def opened(stage: Stage, infer: Infer | None) -> Runner:
    """A stage ready to run, its networks asked through `infer` or loaded here."""
    return stage.open(infer) if isinstance(stage, NetworkStage) else stage.open()
