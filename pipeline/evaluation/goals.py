"""Scores with what each should reach, and methods beside each other as text and as JSON.

Scores are a frozen dataclass of numbers or None, whose fields say their goals by `score`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.query.table import table_lines

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_TARGET = "target"


@dataclass(frozen=True)
class Target:
    """What a score is called, and its goal: `least`, `most` or both; with `size` its sign does not matter."""

    title: str
    least: float | None = None
    most: float | None = None
    digits: int = 2
    size: bool = False

    def text(self) -> str:
        """The goal in words; empty without one."""
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.least is not None:
            return f">= {self.least:g}"
        return "" if self.most is None else f"<= {self.most:g}"

    def reached(self, value: float | None) -> bool | None:
        """Whether a value reaches it; no value reaches none. None without a goal."""
        if self.least is None and self.most is None:
            return None
        if value is None:
            return False
        value = abs(value) if self.size else value
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def score(title: str, **goal: Any) -> Any:
    """A field of scores, None by default; goal: as `Target` takes it."""
    return field(default=None, metadata={_TARGET: Target(title, **goal)})


def targets(kind: type[DataclassInstance]) -> dict[str, Target]:
    """What scores of a kind should reach, by name, in the order of the fields."""
    return {each.name: each.metadata[_TARGET] for each in fields(kind)}


def scores_text(columns: Mapping[str, DataclassInstance], judged: Sequence[str] = ()) -> str:
    """A table of methods by name, whose scores are of one kind; those in `judged` are marked: + reached, - missed."""
    goals = _goals(columns)
    table = {"score": [target.title for target in goals.values()], "goal": [t.text() for t in goals.values()]}
    for name, scores in columns.items():
        values = asdict(scores)
        table[name] = [_cell(target, values[key], name in judged) for key, target in goals.items()]
    return "\n".join(table_lines(pa.table(table)))


def scores_json(columns: Mapping[str, DataclassInstance]) -> dict[str, Any]:
    """Every score by method, and the goals with which methods reach them; JSON-ready."""
    goals = {
        key: {
            "title": target.title,
            "goal": target.text(),
            "reached": [name for name, scores in columns.items() if target.reached(getattr(scores, key))],
        }
        for key, target in _goals(columns).items()
    }
    return {"scores": {name: asdict(scores) for name, scores in columns.items()}, "goals": goals}


def _goals(columns: Mapping[str, DataclassInstance]) -> dict[str, Target]:
    return targets(type(next(iter(columns.values()))))


def _cell(target: Target, value: float | None, judged: bool) -> str:
    text = "" if value is None else f"{value:.{target.digits}f}"
    reached = target.reached(value)
    return f"{text or '?'} {'+' if reached else '-'}" if judged and reached is not None else text
