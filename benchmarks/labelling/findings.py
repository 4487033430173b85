"""A measured figure beside the limit it is held to, and how both are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`value` of what `name` says; reached when it is on the right side of `limit`. Without a limit it only informs."""

    name: str
    value: float
    limit: float | None = None
    sense: Literal[">=", "<="] = ">="

    @property
    def reached(self) -> bool | None:
        """Whether the limit holds; None without one."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.sense == ">=" else self.value <= self.limit


@dataclass(frozen=True)
class Result:
    """What one measure found: figures, and lines of a table for people."""

    findings: tuple[Finding, ...]
    table: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Finding:
        """The finding called `name`."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(f"no finding {name!r}; there are {', '.join(f.name for f in self.findings)}")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Lines of a text table: first column left, others right aligned; floats with up to three decimals."""
    cells = [[str(h) for h in head], *[[_text(c) for c in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return tuple(
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    )


def _text(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3f}" if abs(cell) < 10 else f"{cell:.1f}"
    return str(cell)


def verdict_lines(result: Result) -> tuple[str, ...]:
    """One line a finding: figure, limit, reached or not."""
    rows = [
        (
            f.name,
            f.value,
            "" if f.limit is None else f"{f.sense} {f.limit:g}",
            {None: "", True: "yes", False: "NO"}[f.reached],
        )
        for f in result.findings
    ]
    return table(("figure", "value", "limit", "reached"), rows)
