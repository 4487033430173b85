"""What the catalog has decided already: the anti-join before any work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from catalogs.schema import UNDECIDED_REASONS
from pipeline.extraction.probe import ContentRange, ProbeResult, SourceTask, content_range


def decided_spans(decided: pa.Table, retry_failed: bool, labels: Collection[str] = ()) -> set[tuple[str, int]]:
    """(source_key, span_index) of decided spans.

    A row that only says that the source could not be reached decides nothing; with `retry_failed` no failed one does.
    labels: stages that every rejected clip must have come to, and not been left before; then `decided` needs `seconds`.
    """
    rows = zip(*(decided[name].to_pylist() for name in ("source_key", "span_index", "status", "reason")), strict=True)
    short = _left_before(decided, labels) if labels else set()
    found: set[tuple[str, int]] = set()
    broken: set[tuple[str, int]] = set()
    for key, index, status, reason in rows:
        found.add((key, index))
        if reason in UNDECIDED_REASONS or (retry_failed and status == "failed"):
            broken.add((key, index))
    return found - broken - short


def _left_before(decided: pa.Table, labels: Collection[str]) -> set[tuple[str, int]]:
    """The spans with a rejected clip that was left before one of these stages."""
    judged = decided.filter(
        pc.and_(pc.equal(decided["status"], "rejected"), pc.not_equal(decided["reason"], "duplicate"))
    )
    rows = zip(*(judged[name].to_pylist() for name in ("source_key", "span_index", "seconds")), strict=True)
    return {(key, index) for key, index, seconds in rows if not set(labels) <= dict(seconds or {}).keys()}


def unreached(decided: pa.Table) -> pa.Table:
    """The rows that only say that their source could not be reached."""
    return decided.filter(pc.is_in(decided["reason"], pa.array(UNDECIDED_REASONS)))


def decided_sources(decided: pa.Table, retry_failed: bool, labels: Collection[str] = ()) -> set[str]:
    """source_key of the sources all of whose spans are decided; labels: see `decided_spans`."""
    counts = dict(zip(decided["source_key"].to_pylist(), decided["span_count"].to_pylist(), strict=True))
    done: dict[str, int] = {}
    for key, _ in decided_spans(decided, retry_failed, labels):
        done[key] = done.get(key, 0) + 1
    return {key for key, count in done.items() if count >= counts[key]}


def re_stamped(
    decided: pa.Table, probes: Iterable[ProbeResult], listed: Collection[str], max_seconds: float
) -> dict[str, str]:
    """Decided source_key to the present one, for files that have a new date but the same uri, bytes and times.

    listed: the source_key of everything that is listed now; such rows are right as they are.
    """
    now: dict[tuple[str, int, int, ContentRange], str] = {}
    for probe in probes:
        if probe.content is not None:
            uri, key, pieces = probe.job.uri, probe.job.source_key, probe.pieces(max_seconds)
            now[uri, 0, 1, content_range(probe.content, probe.start_s, probe.end_s)] = key
            for index, piece in enumerate(pieces):
                now[uri, index, len(pieces), content_range(probe.content, *piece)] = key
    held = ((key, now.get((uri, index, count, at))) for key, index, count, uri, at in _spans(decided))
    return {old: new for old, new in held if new is not None and old not in listed}


def known(decided: pa.Table, probes: Iterable[ProbeResult]) -> dict[ContentRange, tuple[str, str]]:
    """Spans the catalog holds of contents that were probed now: content_range to (uri, source_key)."""
    contents = pa.array({s.content for s in probes if s.content is not None}, pa.string())
    later = pc.is_in(decided["reason"], pa.array(["duplicate", *UNDECIDED_REASONS]))
    held = decided.filter(pc.and_(pc.is_in(decided["content"], contents), pc.invert(later)))
    return {at: (uri, key) for key, _, _, uri, at in _spans(held)}


def _spans(decided: pa.Table) -> Iterator[tuple[str, int, int, str, ContentRange]]:
    """(source_key, span_index, span_count, uri, content_range) of spans whose bytes are known, their clips joined."""
    spans: dict[tuple[str, int], tuple[str, float, float, str, int]] = {}
    names = ("source_key", "span_index", "content", "start_s", "end_s", "source_uri", "span_count")
    for key, index, content, start, end, uri, count in zip(*(decided[n].to_pylist() for n in names), strict=True):
        if content is None:
            continue
        if (key, index) in spans:
            start, end = min(start, spans[key, index][1]), max(end, spans[key, index][2])
        spans[key, index] = content, start, end, uri, count
    for (key, index), (content, start, end, uri, count) in spans.items():
        yield key, index, count, uri, content_range(content, start, end)


def vanished(todo: Sequence[SourceTask], decided: pa.Table) -> tuple[list[SourceTask], set[str]]:
    """What is left to do, and the source keys of rows that stay although their file cannot be reached now."""
    gone = {job.uri for job in todo if not job.reachable}
    held = zip(*(decided[name].to_pylist() for name in ("source_uri", "source_key", "reason")), strict=True)
    kept = {key: uri for uri, key, reason in held if uri in gone and reason not in UNDECIDED_REASONS}
    staying = set(kept.values())
    return [job for job in todo if job.uri not in staying or job.reachable], set(kept)
