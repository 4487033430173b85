"""A comparison as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipeline.compare.comparison import Comparison, Side
from pipeline.compare.pairs import WHY, Unpaired, counts
from pipeline.evaluation.metrics.agreement import Confusion
from pipeline.query.table import table_lines
from pipeline.text import file_name, plural, share, span

_MOST_LINES = 10


def comparison_text(found: Comparison) -> str:
    """All figures as tables. Differences are B - A."""
    blocks = [[*_side("A", found.a), *_side("B", found.b)], _recipes(found.changes), _pairs(found)]
    if found.verdicts.total:
        blocks.append(_verdicts(found.verdicts))
    if found.nothing:
        blocks.append([found.nothing])
    else:
        blocks += [_labels(found), _frames(found), _emotions(found.emotions), _subjects(found)]
    return "\n\n".join("\n".join(block) for block in blocks)


def _side(name: str, side: Side) -> list[str]:
    profile = side.recipe.get("profile")
    return [
        f"{name}: {side.root}, {plural(side.clips, 'clip')}, recipe {side.fingerprint}"
        + (f" ({profile})" if profile else "")
        + (f"; {plural(side.older, 'clip')} of an older recipe left out" if side.older else "")
    ]


def _recipes(changes: Sequence[tuple[str, str, str]]) -> list[str]:
    if not changes:
        return ["the recipes are the same"]
    cells = [[value if len(value) <= 32 else value[:31] + "…" for value in row] for row in changes]
    return table_lines(pa.table({title: [row[at] for row in cells] for at, title in enumerate(("recipe", "A", "B"))}))


def _pairs(found: Comparison) -> list[str]:
    lines = [f"{plural(len(found.pairs.a), 'clip')} in both"]
    for name, clips in (("A", found.pairs.only_a), ("B", found.pairs.only_b)):
        held = ", ".join(f"{count:,} {WHY[why]}" for why, count in counts(clips).items() if count)
        lines.append(f"{plural(len(clips), 'clip')} in {name} alone" + (f": {held}" if held else ""))
        lines += [f"  {_name(clip)}  {clip.verdict}  ({clip.why})" for clip in clips[:_MOST_LINES]]
        if len(clips) > _MOST_LINES:
            lines.append(f"  and {len(clips) - _MOST_LINES:,} more: --json lists all")
    return lines


def _verdicts(verdicts: Confusion) -> list[str]:
    cells = verdicts.cells()
    table = pa.table({title: [cell[at] for cell in cells] for at, title in enumerate(("A", "B", "clips"))})
    return [f"verdicts: {_same(verdicts)}", *table_lines(table)]


def _labels(found: Comparison) -> list[str]:
    rows = found.labels
    table = pa.table(
        {
            "label": list(rows),
            "n": [row.n for row in rows.values()],
            "one only": [row.only_a + row.only_b for row in rows.values()],
            "Pearson": _three([row.pearson for row in rows.values()]),
            "Spearman": _three([row.spearman for row in rows.values()]),
            "mean A": pa.array([row.mean_a for row in rows.values()], pa.float64()),
            "B - A": pa.array([row.mean_difference for row in rows.values()], pa.float64()),
            "|B - A|": pa.array([row.mean_absolute_difference for row in rows.values()], pa.float64()),
        }
    )
    return [f"labels of the {plural(len(found.accepted[0]), 'clip')} that both accepted", *table_lines(table)]


def _frames(found: Comparison) -> list[str]:
    rows = found.frames.columns
    table = pa.table(
        {
            "frames": [row.name for row in rows],
            "clips": [row.clips for row in rows],
            "values": [row.values for row in rows],
            "within clips": _three([row.correlation for row in rows]),
            "B - A": pa.array([row.mean_difference for row in rows], pa.float64()),
            "|B - A|": pa.array([row.mean_absolute_difference for row in rows], pa.float64()),
        }
    )
    return [*(table_lines(table) if rows else ["frames: none to compare"]), *found.frames.notes]


def _emotions(emotions: Confusion) -> list[str]:
    if not emotions.total:
        return ["strongest emotion: no clip has one in both"]
    columns = {name: emotions.counts[:, at] for at, name in enumerate(emotions.names)}
    return [f"strongest emotion: {_same(emotions)}", *table_lines(pa.table({"A, B": emotions.names, **columns}))]


def _subjects(found: Comparison) -> list[str]:
    held = found.subjects
    if not held.pairs:
        return ["subjects: no two clips with a person in both"]
    return [
        f"subjects: of {plural(held.pairs, 'pair')} of {held.clips:,} clips, one person's in both {held.both:,} "
        f"({share(held.both, held.pairs)}), in A alone {held.only_a:,}, in B alone {held.only_b:,}, "
        f"in neither {held.neither:,} ({share(held.neither, held.pairs)})"
    ]


def _same(found: Confusion) -> str:
    return f"the same for {found.same:,} of {plural(found.total, 'clip')} ({share(found.same, found.total)})"


def _three(values: Sequence[float | None]) -> pa.Array:
    """Rounded to three decimals."""
    return pa.array([None if value is None else round(value, 3) for value in values], pa.float64())


def _name(clip: Unpaired) -> str:
    return f"{file_name(clip.source_uri)} {span(clip.start_s, clip.end_s)}"
