"""The page of a comparison: one HTML file with everything inside, laid out by `compare.html.j2`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.compare.comparison import Comparison
from pipeline.compare.labels import EMOTION_LABELS, LABELS, Compared
from pipeline.compare.pairs import WHY, column, counts, verdicts
from pipeline.compare.scatter import Scatter, scatter
from pipeline.evaluation.metrics.agreement import Confusion
from pipeline.report.writing import fill, write_page
from pipeline.text import file_name, timestamp

_HERE = Path(__file__).parent
_MOST_CLIPS = 100
_MOST_CHANGES = 12


@dataclass(frozen=True)
class Cell:
    """A cell of a confusion table: how many, how strongly it is shaded in percent, whether A and B say the same."""

    held: int
    shade: int
    same: bool


@dataclass(frozen=True)
class Disputed:
    """A clip with different verdicts, and what each catalog says about it."""

    source_uri: str
    start_s: float | None
    end_s: float | None
    verdicts: tuple[str, str]
    details: tuple[str | None, str | None]


def write_comparison(found: Comparison, out: Path) -> Path:
    """Write the page of a comparison to `out`, whole or not at all; returns the absolute path.

    OSError if it cannot be written.
    """
    return write_page(render(found), out)


def render(found: Comparison) -> str:
    """The HTML of a comparison. Everything that is not markup is escaped."""
    disputed = _disputed(found)
    return fill(
        _HERE / "compare.html.j2",
        _HERE / "compare.css",
        found=found,
        folded=len(found.changes) > _MOST_CHANGES,
        verdicts=_cells(found.verdicts),
        disputed=disputed[:_MOST_CLIPS],
        more_disputed=len(disputed[_MOST_CLIPS:]),
        labels=[(label, found.labels[label.column]) for label in (*LABELS, *EMOTION_LABELS)],
        scatters_of_labels=_scatters(found, LABELS),
        emotion_scatters=_scatters(found, EMOTION_LABELS),
        emotions=_cells(found.emotions),
        alone=[
            (name, clips[:_MOST_CLIPS], len(clips), counts(clips))
            for name, clips in (("A", found.pairs.only_a), ("B", found.pairs.only_b))
        ],
        why=WHY,
    )


def _scatters(found: Comparison, labels: Sequence[Compared]) -> list[Scatter]:
    a, b = found.accepted
    clips = _names(a["source_uri"].to_pylist(), a["start_s"].to_pylist())
    return [
        scatter(label, found.labels[label.column], column(a, label.column), column(b, label.column), clips)
        for label in labels
    ]


def _names(uris: Sequence[str], starts: Sequence[float | None]) -> list[str]:
    """The file of each clip, and its start where a file has several clips."""
    clips = Counter(uris)
    both = zip(uris, starts, strict=True)
    return [file_name(uri) + (f", {timestamp(start)}" if clips[uri] > 1 else "") for uri, start in both]


def _cells(confusion: Confusion) -> list[tuple[str, list[Cell]]]:
    """The rows of the table: the name in A, and a cell a name in B."""
    shades = np.round(60 * np.sqrt(confusion.counts / max(1, confusion.counts.max(initial=0)))).astype(int)
    return [
        (
            name,
            [Cell(held, shade, name == other) for held, shade, other in zip(row, shade, confusion.names, strict=True)],
        )
        for name, row, shade in zip(confusion.names, confusion.counts.tolist(), shades.tolist(), strict=True)
    ]


def _disputed(found: Comparison) -> list[Disputed]:
    a, b = found.pairs.a, found.pairs.b
    where = [a[name].to_pylist() for name in ("source_uri", "start_s", "end_s")]
    said = zip(verdicts(a), verdicts(b), strict=True)
    details = zip(a["detail"].to_pylist(), b["detail"].to_pylist(), strict=True)
    rows = zip(*where, said, details, strict=True)
    return [Disputed(*row) for row in rows if row[3][0] != row[3][1]]
