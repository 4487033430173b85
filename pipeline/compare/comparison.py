"""Two catalogs side by side: all figures of the comparison, from one commit of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from catalogs import manifest
from catalogs.definitions import OLDER
from catalogs.place import locate
from catalogs.recipes import changes
from catalogs.schema import EMOTIONS, FAILED_REASONS
from catalogs.view import read_from
from pipeline.compare.frames import Frames, compare_frames
from pipeline.compare.labels import EMOTION_LABELS, LABELS
from pipeline.compare.pairs import Pairs, Unpaired, column, counts, pair, read_clips, verdicts
from pipeline.evaluation.metrics.agreement import Agreement, Confusion, Together, agreement, confusion, together
from stages.clip import REASONS

VERDICTS = (
    "accepted",
    *(f"rejected {reason}" for reason in REASONS),
    *(f"failed {reason}" for reason in FAILED_REASONS),
)
"""All verdicts, in the order in which they are shown."""

Measured = TypeVar("Measured")


@dataclass(frozen=True)
class Side:
    """One of the two catalogs: its folder, its recipe with its fingerprint, its clips; older: left out of these."""

    root: Path
    fingerprint: str
    recipe: Mapping[str, Any]
    clips: int
    older: int = 0


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    changes: (parameter, value in A, value in B) where the recipes differ. pairs: the clips that both have. verdicts:
    of all pairs. accepted: the rows of clips of A and of B that both accepted; what follows is about these. labels:
    by column. emotions: the strongest class, where both have one. subjects: where both name a person.
    """

    a: Side
    b: Side
    changes: tuple[tuple[str, str, str], ...]
    pairs: Pairs
    verdicts: Confusion
    accepted: tuple[pa.Table, pa.Table]
    labels: Mapping[str, Agreement]
    frames: Frames
    emotions: Confusion
    subjects: Together

    @property
    def nothing(self) -> str | None:
        """Why there is nothing to compare, in words; None if there is something."""
        if not self.pairs.a.num_rows:
            return (
                "nothing to compare: no clip is in both. A clip is the same bytes from the same start to the same end: "
                "extract the same files into both"
            )
        if not self.accepted[0].num_rows:
            return "no labels to compare: no clip was accepted by both"
        return None

    def summary(self) -> dict[str, Any]:
        """All figures as JSON-ready values. Differences are B - A."""
        return {
            "a": _json_of(self.a),
            "b": _json_of(self.b),
            "recipe": [{"parameter": name, "a": ours, "b": theirs} for name, ours, theirs in self.changes],
            "both": len(self.pairs.a),
            "both_accepted": len(self.accepted[0]),
            "nothing": self.nothing,
            "only_a": _alone(self.pairs.only_a),
            "only_b": _alone(self.pairs.only_b),
            "verdicts": _confusion(self.verdicts),
            "labels": {name: asdict(label) for name, label in self.labels.items()},
            "frames": {
                frame.name: {key: value for key, value in asdict(frame).items() if key != "name"}
                for frame in self.frames.columns
            },
            "notes": list(self.frames.notes),
            "emotion": _confusion(self.emotions),
            "subjects": asdict(self.subjects) | {"pairs": self.subjects.pairs},
        }


def compare(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> Comparison:
    """Join the catalogs at `a` and `b` by clip and measure how they agree. Errors: those of `catalogs.open`."""
    roots = locate(a).root, locate(b).root
    return read_from(partial(_compare, *roots), *roots)


def _compare(
    root_a: Path, root_b: Path, in_a: duckdb.DuckDBPyConnection, in_b: duckdb.DuckDBPyConnection
) -> Comparison:
    clips_a, clips_b = read_clips(in_a), read_clips(in_b)
    a, b = _side(root_a, in_a, clips_a), _side(root_b, in_b, clips_b)
    pairs = pair(clips_a, clips_b)
    rows_a, rows_b = pairs.accepted()
    names = ((rows_a, "clip_id"), (rows_b, "clip_id"), (rows_a, "frames"))
    tracks = list(zip(*(rows[name].to_pylist() for rows, name in names), strict=True))
    return Comparison(
        a=a,
        b=b,
        changes=tuple(changes(a.recipe, b.recipe)),
        pairs=pairs,
        verdicts=confusion(verdicts(pairs.a), verdicts(pairs.b), VERDICTS),
        accepted=(rows_a, rows_b),
        labels={
            label.column: agreement(column(rows_a, label.column), column(rows_b, label.column), label.angle)
            for label in (*LABELS, *EMOTION_LABELS)
        },
        frames=compare_frames(in_a, in_b, tracks),
        emotions=_where_both(partial(confusion, order=EMOTIONS), strongest(rows_a), strongest(rows_b)),
        subjects=_where_both(together, rows_a["subject_id"].to_pylist(), rows_b["subject_id"].to_pylist()),
    )


def strongest(clips: pa.Table) -> list[str | None]:
    """The class with the highest coefficient of each row; None where no class has one."""
    values = np.stack([column(clips, f"emotion.{name}") for name in EMOTIONS])
    known = np.isfinite(values)
    leads = np.argmax(np.where(known, values, -np.inf), axis=0)
    return [EMOTIONS[lead] if any_known else None for lead, any_known in zip(leads, known.any(0), strict=True)]


def _where_both(
    measure: Callable[[Sequence[str], Sequence[str]], Measured], a: Sequence[str | None], b: Sequence[str | None]
) -> Measured:
    """`measure` of a [N] and b [N] where both have a name."""
    both = [(one, other) for one, other in zip(a, b, strict=True) if one is not None and other is not None]
    return measure([one for one, _ in both], [other for _, other in both])


def _side(root: Path, connection: duckdb.DuckDBPyConnection, clips: pa.Table) -> Side:
    state = manifest.newest(locate(root))
    assert state is not None, "a catalog that was opened has a manifest"
    older = connection.sql(f"SELECT count(*) FROM {OLDER}").fetchall()[0][0]
    return Side(root, state.fingerprint, state.recipe, len(clips), older)


def _json_of(side: Side) -> dict[str, Any]:
    found = {"catalog": str(side.root), "recipe": side.fingerprint, "clips": side.clips}
    return found | ({"older": side.older} if side.older else {})


def _confusion(found: Confusion) -> dict[str, Any]:
    cells = [{"a": ours, "b": theirs, "clips": held} for ours, theirs, held in found.cells()]
    return {"clips": found.total, "same": found.same, "table": cells}


def _alone(clips: Sequence[Unpaired]) -> dict[str, Any]:
    return {**counts(clips), "list": [asdict(clip) for clip in clips]}
