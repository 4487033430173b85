"""The anti-join: what is decided is not worked on again, and a new date alone decides nothing anew."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from catalogs.schema import TABLES
from catalogs.writer import DECIDED
from pipeline.extraction.pending import decided_sources, decided_spans, known, re_stamped
from pipeline.extraction.probe import ProbeResult, SourceTask

SCHEMA = pa.schema([TABLES["clips"].field(name) for name in DECIDED])


def held(*rows: dict[str, Any]) -> pa.Table:
    """What Writer.decided answers, from rows that say what differs from an accepted clip of 10 s of /a.mp4."""
    usual = {
        "source_key": "key",
        "span_index": 0,
        "span_count": 1,
        "source_uri": "/a.mp4",
        "content": "bytes",
        "status": "accepted",
        "start_s": 0.0,
        "end_s": 10.0,
    }
    clips = [{**usual, "clip_id": f"{i:032x}", **row} for i, row in enumerate(rows)]
    return pa.Table.from_pylist(clips, SCHEMA)


def probe(key: str, content: str | None = "bytes", uri: str = "/a.mp4", **times: float) -> ProbeResult:
    listed = SourceTask(0, uri, key, None, None, times.get("start_s"), times.get("end_s"))
    return ProbeResult.failed(listed, None, "gone") if content is None else ProbeResult.of(listed, content, 10.0)


def test_spans_of_an_empty_catalog() -> None:
    assert decided_spans(held(), retry_failed=False) == set()
    assert decided_sources(held(), retry_failed=True) == set()
    assert known(held(), [probe("key")]) == {}
    assert re_stamped(held(), [probe("key")], {"key"}, 60) == {}


def test_a_source_is_decided_when_all_its_spans_are() -> None:
    rows = held(
        {"source_key": "whole", "span_count": 2},
        {"source_key": "whole", "span_count": 2, "span_index": 1},
        {"source_key": "half", "span_count": 2, "span_index": 1},
        {"source_key": "half", "span_count": 2, "span_index": 1, "status": "rejected", "reason": "no_face"},
        {"source_key": "one"},
    )
    spans = {("whole", 0), ("whole", 1), ("half", 1), ("one", 0)}
    assert decided_spans(rows, retry_failed=False) == spans
    assert decided_spans(rows, retry_failed=True) == spans
    assert decided_sources(rows, retry_failed=False) == {"whole", "one"}


def test_retry_failed_takes_a_span_with_any_failed_clip_again() -> None:
    rows = held(
        {"source_key": "cut", "end_s": 4.0},
        {"source_key": "cut", "start_s": 4.0, "status": "failed", "reason": "error"},
        {"source_key": "two", "span_count": 2},
        {"source_key": "two", "span_count": 2, "span_index": 1, "status": "failed", "reason": "crashed"},
        {"source_key": "rejected", "status": "rejected", "reason": "no_face"},
    )
    assert decided_spans(rows, retry_failed=True) == {("two", 0), ("rejected", 0)}
    assert decided_sources(rows, retry_failed=True) == {"rejected"}
    assert decided_sources(rows, retry_failed=False) == {"cut", "two", "rejected"}


def test_touched_files_are_recognised_by_uri_bytes_and_times() -> None:
    rows = held({"source_key": "old"})
    assert re_stamped(rows, [probe("new")], {"new"}, 60) == {"old": "new"}
    assert re_stamped(rows, [probe("new", "other bytes")], {"new"}, 60) == {}
    assert re_stamped(rows, [probe("new", uri="/b.mp4")], {"new"}, 60) == {}
    assert re_stamped(rows, [probe("new", None)], {"new"}, 60) == {}
    assert re_stamped(rows, [probe("new", start_s=1.0)], {"new"}, 60) == {}
    assert re_stamped(rows, [probe("old")], {"old"}, 60) == {}


def test_touched_files_with_listed_times() -> None:
    rows = held(
        {"source_key": "first", "end_s": 4.0},
        {"source_key": "second", "start_s": 4.0, "end_s": 5.5},
        {"source_key": "second", "start_s": 5.5, "end_s": 8.0},
    )
    probes = [probe("new first", end_s=4.0), probe("new second", start_s=4.0, end_s=8.0)]
    both = {"new first", "new second"}
    assert re_stamped(rows, probes, both, 60) == {"first": "new first", "second": "new second"}
    assert re_stamped(rows, [probe("whole")], {"whole"}, 60) == {}


def test_touched_files_of_which_only_some_spans_are_decided() -> None:
    rows = held({"source_key": "old", "span_index": 1, "span_count": 3, "start_s": 3.36, "end_s": 6.68})
    assert re_stamped(rows, [probe("new")], {"new"}, 4.0) == {"old": "new"}
    assert re_stamped(rows, [probe("new")], {"new"}, 60.0) == {}


def test_touched_duplicates_and_files_that_cannot_be_read() -> None:
    copy = held({"source_key": "old", "status": "rejected", "reason": "duplicate"})
    assert re_stamped(copy, [probe("new")], {"new"}, 4.0) == {"old": "new"}
    text = held({"source_key": "old", "status": "failed", "reason": "unreadable", "end_s": 0.0})
    broken = ProbeResult.failed(SourceTask(0, "/a.mp4", "new", None, None, None, None), "bytes", "is text")
    assert re_stamped(text, [broken], {"new"}, 60) == {"old": "new"}
    gone = held({"source_key": "old", "content": None, "status": "failed", "reason": "unreadable"})
    assert re_stamped(gone, [probe("new")], {"new"}, 60) == {}


def test_rows_of_what_is_listed_now_keep_their_key() -> None:
    rows = held({"source_key": "whole"})
    same_times = probe("given as 0 to 10 s", start_s=0.0, end_s=10.0)
    assert re_stamped(rows, [same_times], {"whole", "given as 0 to 10 s"}, 60) == {}


def test_known_joins_the_clips_of_a_span_and_leaves_duplicates_out() -> None:
    rows = held(
        {"source_key": "first", "end_s": 4.0},
        {"source_key": "first", "start_s": 4.0, "status": "rejected", "reason": "too_short"},
        {"source_key": "copy", "source_uri": "/copy.mp4", "status": "rejected", "reason": "duplicate"},
        {"source_key": "other", "content": "else", "source_uri": "/b.mp4"},
        {"source_key": "gone", "content": None, "source_uri": "/gone.mp4"},
    )
    assert known(rows, [probe("new", uri="/c.mp4")]) == {("bytes", 0, 10_000): ("/a.mp4", "first")}
    assert known(rows, [probe("new", None)]) == {}
