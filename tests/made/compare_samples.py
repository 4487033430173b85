"""Small catalogs whose clips are given, for the tests of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import catalogs
from catalogs.schema import conform
from catalogs.staging import stage_span
from tests.made.report_samples import clip, hexes

RECIPE_A = {"profile": "open", "stages": {"quality": {"minimum": 30.0}, "gaze": {"every": 3}}}
RECIPE_B = {"profile": "open", "stages": {"quality": {"minimum": 0.0}, "gaze": {"every": 3}}}


def row(number: int, status: str = "accepted", reason: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of clips; one that is accepted has 8 frames."""
    return clip(number, status, reason, frames=8, **more)


def build(
    root: Path,
    rows: Sequence[dict[str, Any]],
    recipe: Mapping[str, Any] = RECIPE_A,
    latents: Mapping[str, Mapping[str, np.ndarray]] | None = None,
) -> Path:
    """A catalog of `rows`; `latents`: clip_id to arrays [T, D] of those that have any (pose, gaze, audio)."""
    fingerprint = hexes(recipe)[:16]
    given = [{"source_key": _source(row), "span_index": 0, **row, "recipe": fingerprint} for row in rows]
    with catalogs.Writer.open(root, recipe, fingerprint) as writer:
        for key in dict.fromkeys(row["source_key"] for row in given):
            part = [row for row in given if row["source_key"] == key]
            accepted = [row["clip_id"] for row in part if row["status"] == "accepted"]
            tracks = [{"clip_id": name, "frames": 8, **(latents or {}).get(name, {})} for name in accepted]
            tables = {"clips": part, "latents": tracks, "previews": []}
            stage_span(root, key, 0, {name: conform(name, held) for name, held in tables.items()})
        assert writer.commit() == len(rows), writer.problems
    return root


def _source(row: dict[str, Any]) -> str:
    """One source for all clips, as committing many takes long; files that could not be read have their own."""
    return hexes("source") if row["content"] else hexes("source", row["source_uri"])
