"""What the catalog has decided already: the anti-join before any work."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.survey import Stretch, Survey, stretch


def decided_spans(decided: pa.Table, retry_failed: bool) -> set[tuple[str, int]]:
    """(source_key, span_index) of decided spans; with `retry_failed` those that failed count as undecided."""
    rows = zip(*(decided[name].to_pylist() for name in ("source_key", "span_index", "status")), strict=True)
    found: set[tuple[str, int]] = set()
    broken: set[tuple[str, int]] = set()
    for key, index, status in rows:
        found.add((key, index))
        if retry_failed and status == "failed":
            broken.add((key, index))
    return found - broken


def decided_sources(decided: pa.Table, retry_failed: bool) -> set[str]:
    """source_key of the sources all of whose spans are decided."""
    counts = dict(zip(decided["source_key"].to_pylist(), decided["span_count"].to_pylist(), strict=True))
    done: dict[str, int] = {}
    for key, _ in decided_spans(decided, retry_failed):
        done[key] = done.get(key, 0) + 1
    return {key for key, count in done.items() if count >= counts[key]}


def touched(decided: pa.Table, surveys: Iterable[Survey]) -> dict[tuple[str, str | None], str]:
    """(uri, content) to the present source_key, for decided sources whose date changed but not their bytes."""
    now = {(s.job.uri, s.content): s.job.source_key for s in surveys if s.content is not None and _whole(s)}
    rows = zip(*(decided[name].to_pylist() for name in ("source_uri", "content", "source_key")), strict=True)
    return {(uri, content): now[uri, content] for uri, content, key in rows if now.get((uri, content), key) != key}


def known(decided: pa.Table, surveys: Iterable[Survey]) -> dict[Stretch, tuple[str, str]]:
    """Spans the catalog holds of contents that were surveyed now: stretch to (uri, source_key)."""
    contents = pa.array({s.content for s in surveys if s.content is not None}, pa.string())
    first = pc.not_equal(pc.fill_null(decided["reason"], ""), "duplicate")
    held = decided.filter(pc.and_(pc.is_in(decided["content"], contents), first))
    spans: dict[tuple[str, int], tuple[str, float, float, str]] = {}
    for row in held.to_pylist():
        place = row["source_key"], row["span_index"]
        content, start, end, uri = row["content"], row["start_s"], row["end_s"], row["source_uri"]
        if place in spans:
            start, end = min(start, spans[place][1]), max(end, spans[place][2])
        spans[place] = content, start, end, uri
    return {stretch(c, start, end): (uri, key) for (key, _), (c, start, end, uri) in spans.items()}


def _whole(survey: Survey) -> bool:
    return survey.job.start_s is None and survey.job.end_s is None
