"""Verdicts anew from the labels that a catalog holds: what another threshold needs no video for.

Two recipes that differ in thresholds alone (`stages.clip.ThresholdStage`) give a clip the same labels, as far as both
label it. So a span is decided again by asking each stage's `refuse` in the order in which a run would have, and needs
work where one has not seen a clip that the stages before it now pass. The verdicts are those of a run from the start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pyarrow as pa

from catalogs.columns import replaced
from catalogs.opening import is_adoptable
from pipeline.extraction.recipe import Recipe
from pipeline.text import plural
from stages.clip import Refusal, Stage, ThresholdStage
from stages.preview.contact_sheet import with_verdict

_ROW = ("clip_id", "source_key", "span_index", "recipe")
_VERDICT = ("start_s", "end_s", "status", "reason", "detail", "seconds", "refusals")

_WITHOUT_STAGES = ("duplicate", "unreachable")


@dataclass(frozen=True)
class Decision:
    """The verdict on a clip, as in table clips; refusals: by stage, those of all stages that labelled it."""

    status: str
    reason: str | None
    detail: str | None
    refusals: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Redecided:
    """Clips decided again: their verdicts by clip_id, and the clips that need work, with their source_key."""

    recipe: Recipe
    decisions: Mapping[str, Decision]
    work: Mapping[str, str]

    def text(self, listed: Collection[str]) -> str:
        """One line for a person to read. listed: the source_keys of what is to be worked on now."""
        line = f"{plural(len(self.decisions), 'clip')} decided again from their labels, {len(self.work)} need work"
        later = sum(key not in listed for key in self.work.values())
        return f"{line}, {later} of them of sources that are not listed now" if later else line

    def verdicts(self) -> Counter[str]:
        """How many clips were decided again, by verdict."""
        return Counter(decision.status for decision in self.decisions.values())

    def clips(self, clips: pa.Table, run_id: str) -> pa.Table:
        """Table clips with the new verdicts, which the run `run_id` gave."""
        ids = clips["clip_id"].to_pylist()
        found = [self.decisions.get(clip) for clip in ids]
        own = {"recipe": self.recipe.fingerprint, "run_id": run_id}
        for name in ("status", "reason", "detail", "refusals", "recipe", "run_id"):
            held = zip(clips[name].to_pylist(), found, strict=True)
            new = [old if each is None else own[name] if name in own else getattr(each, name) for old, each in held]
            clips = replaced(clips, name, new)
        # a person is named by the accepted clips, unless a manifest does
        nameless = [each is not None and each.status != "accepted" for each in found]
        for name in ("subject_listed", "subject_id"):
            rows = zip(clips[name].to_pylist(), clips["subject_listed"].to_pylist(), nameless, strict=True)
            clips = replaced(clips, name, [None if lost and not listed else value for value, listed, lost in rows])
        return clips

    def previews(self, rows: pa.Table) -> pa.Table:
        """Rows of previews with the new verdict in their pictures."""
        found = zip(rows["sheet"].to_pylist(), rows["clip_id"].to_pylist(), strict=True)
        sheets = [
            sheet and with_verdict(sheet, self.decisions[clip].status, self.decisions[clip].reason)
            for sheet, clip in found
        ]
        return replaced(rows, "sheet", sheets)


def columns_of(recipe: Recipe) -> tuple[str, ...]:
    """The columns of table clips that `redecided` needs."""
    stages = [stage for stage in recipe.stages if isinstance(stage, ThresholdStage)]
    return tuple(dict.fromkeys((*_ROW, *_VERDICT, *(name for stage in stages for name in stage.columns.names))))


def redecided(
    clips: pa.Table, recipes: Mapping[str, Mapping[str, Any]], recipe: Recipe, kept: Collection[str]
) -> Redecided:
    """The clips of recipes that differ from `recipe` in thresholds alone, decided by it.

    clips: columns `columns_of`. recipes: by fingerprint. kept: clip_ids that are not accepted and whose latents are
    there.
    """
    thresholds = thresholds_of(recipe)
    known = {
        mark: Redecider(recipe, before)
        for mark, before in recipes.items()
        if is_adoptable(before, recipe.describe(), thresholds)
    }
    rows = clips.sort_by([(name, "ascending") for name in (*_SPAN, "start_s")]).to_pylist()
    decisions: dict[str, Decision] = {}
    work: dict[str, str] = {}
    for (mark, _, _), group in groupby(rows, key=lambda row: tuple(row[name] for name in _SPAN)):
        span = list(group)
        found = known[mark].span(span, kept) if mark in known else None
        if found is not None:
            decisions |= {row["clip_id"]: decision for row, decision in zip(span, found, strict=True)}
        elif mark in known:
            work |= {row["clip_id"]: row["source_key"] for row in span}
    return Redecided(recipe, decisions, work)


_SPAN = ("recipe", "source_key", "span_index")


def thresholds_of(recipe: Recipe) -> frozenset[str]:
    """STAGE.PARAMETER of each threshold of a recipe."""
    stages = [stage for stage in recipe.stages if isinstance(stage, ThresholdStage)]
    return frozenset(f"{stage.name}.{name}" for stage in stages for name in stage.thresholds)


class Redecider:
    """Decides again, by the stages of `recipe`, rows that a recipe with other thresholds decided.

    before: that recipe, as `Recipe.describe` gives it.
    """

    def __init__(self, recipe: Recipe, before: Mapping[str, Any]) -> None:
        self._now = {stage.name: stage for stage in recipe.stages}
        self._before = {stage.name: _with_thresholds(stage, before["stages"][stage.name]) for stage in recipe.stages}
        self._order = tuple(self._now)
        self._cutter = next((stage.name for stage in recipe.stages if getattr(stage, "cuts", False)), None)
        self._changed = {name for name in self._order if self._now[name] != self._before[name]}

    def span(self, rows: Sequence[Mapping[str, Any]], kept: Collection[str]) -> list[Decision] | None:
        """The verdicts on the clips of one span, None where it needs work.

        rows: all of its clips, in time order. kept: see `redecided`.
        """
        cut = len(rows) > 1
        if cut and self._changed & set(self._before_cut()):
            # these stages saw the whole of what was cut, of which no row tells
            return None
        found = []
        for at, row in enumerate(rows):
            decision = self._clip(row, cut and at < len(rows) - 1)
            if decision is None:
                return None
            if decision.status == "accepted" and row["status"] != "accepted" and row["clip_id"] not in kept:
                return None
            found.append(decision)
        return found

    def _before_cut(self) -> tuple[str, ...]:
        return () if self._cutter is None else self._order[: self._order.index(self._cutter)]

    def _clip(self, row: Mapping[str, Any], part: bool) -> Decision | None:
        """The verdict on one clip. part: a scene change ended it."""
        kept = Decision(row["status"], row["reason"], row["detail"], dict(row["refusals"] or {}) or None)
        seconds = dict(row["seconds"] or {})
        ran = {name for name in self._order if (seconds.get(name) or 0.0) > 0.0}
        if row["reason"] in _WITHOUT_STAGES or not ran:
            return kept
        refusals = self._refusals(row, ran)
        failed = max(ran, key=self._order.index) if row["status"] == "failed" else None
        now: dict[str, Refusal] = {}
        for name in self._asked_in_order(part):
            if name == failed:
                if now:
                    break
                return kept
            again = self._refused(name, row, refusals) if name in ran else not now
            if isinstance(again, Refusal):
                now[name] = again
            elif again:
                return None
        if not now:
            return Decision("accepted", None, None)
        first = next(iter(now.values()))
        return Decision("rejected", first.reason, first.detail, {name: no.text for name, no in now.items()})

    def _asked_in_order(self, part: bool) -> tuple[str, ...]:
        """The stages in the order in which their verdicts on a clip came: of a part, first of the one that cut it."""
        if not part or self._cutter is None:
            return self._order
        return (self._cutter, *(name for name in self._order if name != self._cutter))

    def _refused(self, name: str, row: Mapping[str, Any], refusals: Mapping[str, Refusal]) -> Refusal | bool:
        """Why the stage refuses the clip now, False where it does not; True where it must see the clip to tell."""
        now, refusal = self._now[name], refusals.get(name)
        if name not in self._changed or not isinstance(now, ThresholdStage):
            return refusal or False
        if refusal is not None and self._said(name, row) != refusal.reason:
            return refusal  # by something else than a threshold
        return now.refuse(row) or (refusal is not None and now.refuses_otherwise)

    def _refusals(self, row: Mapping[str, Any], ran: set[str]) -> dict[str, Refusal]:
        """By stage, what it said against the clip under the recipe before."""
        if row["status"] != "rejected":
            return {}
        first = Refusal(row["reason"], row["detail"] or "")
        if row["refusals"]:
            return {name: Refusal(*text.partition(": ")[::2]) for name, text in dict(row["refusals"]).items()}
        # rows that were written before the column was added: a clip was left at its first no
        by_threshold = [name for name in self._order if name in ran and self._said(name, row) == row["reason"]]
        return {(by_threshold or [max(ran, key=self._order.index)])[0]: first}

    def _said(self, name: str, row: Mapping[str, Any]) -> str | None:
        before = self._before[name]
        refusal = before.refuse(row) if isinstance(before, ThresholdStage) else None
        return None if refusal is None else refusal.reason


def _with_thresholds(stage: Stage, described: Mapping[str, Any]) -> Stage:
    """The stage with the thresholds that a description of it has."""
    if not isinstance(stage, ThresholdStage):
        return stage
    return replace(stage, **{name: described[name] for name in stage.thresholds})  # type: ignore[type-var]
