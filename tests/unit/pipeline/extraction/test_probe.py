"""SpanPlan: every probed source is worked on, named a duplicate, or recorded as unreadable, and only one of these."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extraction.probe import ProbeResult, SourceTask, content_range, plan_spans
from pipeline.extraction.tasks import spans


def job(position: int, uri: str, start_s: float | None = None, end_s: float | None = None) -> SourceTask:
    return SourceTask(position, uri, f"key of {uri} {start_s} {end_s}", "ann", "test", start_s, end_s)


def probe(
    position: int,
    uri: str,
    content: str | None = "same",
    duration: float = 10.0,
    start_s: float | None = None,
    end_s: float | None = None,
    error: str | None = None,
) -> ProbeResult:
    listed = job(position, uri, start_s, end_s)
    if content is None or error is not None:
        return ProbeResult.failed(listed, content, error or "not there")
    return ProbeResult.of(listed, content, duration)


def test_json_round_trip() -> None:
    for item in (probe(1, "/ü.mp4", start_s=0.5), probe(2, "/b.mp4", None), probe(3, "/c", error="no video")):
        assert ProbeResult.from_json(item.to_json()) == item
        assert SourceTask.from_json(item.job.to_json()) == item.job


@pytest.mark.parametrize(
    ("start_s", "end_s", "expected"),
    [(None, None, (0, 10)), (2.0, None, (2, 10)), (None, 4.0, (0, 4)), (3.0, 20.0, (3, 10)), (0.0, 10.0, (0, 10))],
)
def test_listed_times_are_clipped_to_the_video(
    start_s: float | None, end_s: float | None, expected: tuple[float, float]
) -> None:
    found = probe(0, "/a.mp4", start_s=start_s, end_s=end_s)
    assert (found.start_s, found.end_s, found.error) == (*expected, None)


def test_listed_times_outside_the_video_are_an_error_that_says_so() -> None:
    assert probe(0, "/a.mp4", start_s=12.0, end_s=15.0).error == "/a.mp4: lasts 10.00 s, but 12.00 to 15.00 s is listed"
    assert probe(0, "/a.mp4", start_s=10.0).error == "/a.mp4: lasts 10.00 s, but 10.00 to 10.00 s is listed"


def test_a_span_job_carries_what_was_listed() -> None:
    (found,) = plan_spans([probe(4, "/a.mp4", "bytes", start_s=1.0, end_s=3.0)], {}, 60).spans
    assert (found.uri, found.content, found.subject_id, found.split) == ("/a.mp4", "bytes", "ann", "test")
    assert (found.span_index, found.span_count, found.start_s, found.end_s) == (0, 1, 1.0, 3.0)


def test_the_first_in_the_order_of_the_list_is_worked_on() -> None:
    probes = [probe(2, "/late.mp4"), probe(1, "/first.mp4"), probe(3, "/last.mp4"), probe(0, "/other.mp4", "b")]
    found = plan_spans(probes, {}, 60)
    assert [item.uri for item in found.spans] == ["/other.mp4", "/first.mp4"]
    assert [(item.uri, first) for item, first in found.duplicates] == [
        ("/late.mp4", "/first.mp4"),
        ("/last.mp4", "/first.mp4"),
    ]
    assert found.unreadable == ()


def test_a_long_source_gives_its_spans_and_its_copy_none() -> None:
    found = plan_spans([probe(0, "/a.mp4"), probe(1, "/b.mp4")], {}, 4)
    assert [(item.span_index, item.span_count, item.start_s, item.end_s) for item in found.spans] == [
        (i, 3, *piece) for i, piece in enumerate(spans(0, 10, 4))
    ]
    assert [first for _, first in found.duplicates] == ["/a.mp4"]


def test_other_times_of_the_same_file_are_no_duplicate() -> None:
    parts = [probe(0, "/a.mp4", start_s=0, end_s=4), probe(1, "/a.mp4", start_s=4, end_s=8), probe(2, "/a.mp4")]
    found = plan_spans(parts, {}, 60)
    assert [(item.start_s, item.end_s) for item in found.spans] == [(0, 4), (4, 8), (0, 10)]
    assert found.duplicates == ()


def test_spans_that_are_not_new_are_duplicates_and_the_others_are_worked_on() -> None:
    part, whole = probe(0, "/a.mp4", start_s=0.0, end_s=5.0), probe(1, "/copy.mp4")
    found = plan_spans([part, whole], {}, 5.0)
    assert found.spans == (part.span_job(0, 1, 0, 5), whole.span_job(1, 2, 5, 10))
    assert found.duplicates == ((whole.span_job(0, 2, 0, 5), "/a.mp4"),)


def test_content_the_catalog_holds_is_a_duplicate_unless_it_is_this_very_source() -> None:
    again = probe(0, "/a.mp4")
    held = {content_range("same", 0, 10): ("/held.mp4", "another key")}
    assert plan_spans([again], held, 60).duplicates == ((again.span_job(0, 1, 0, 10), "/held.mp4"),)
    own = {content_range("same", 0, 10): ("/a.mp4", again.job.source_key)}
    assert len(plan_spans([again], own, 60).spans) == 1
    elsewhere = {content_range("same", 0, 9.9): ("/held.mp4", "another key")}
    assert len(plan_spans([again], elsewhere, 60).spans) == 1


def test_unreadable_sources() -> None:
    missing, again = probe(0, "/gone.mp4", None), probe(1, "/gone_too.mp4", None)
    text, copy = probe(2, "/text.mp4", "t", error="is text"), probe(3, "/copy.mp4", "t", error="is text")
    found = plan_spans([missing, again, text, copy], {}, 60)
    assert found.unreadable == (missing, again, text)
    assert found.duplicates == ((copy.span_job(0, 1, 0, 0), "/text.mp4"),)
    assert found.spans == ()


def test_two_wrong_times_of_one_file_are_two_errors() -> None:
    late, later = probe(0, "/a.mp4", start_s=11, end_s=12), probe(1, "/a.mp4", start_s=13, end_s=14)
    found = plan_spans([late, later], {}, 60)
    assert found.unreadable == (late, later)
    assert found.duplicates == ()


LISTS = st.lists(
    st.builds(
        dict,
        uri=st.sampled_from(["/a", "/b", "/c"]),
        content=st.sampled_from([None, "x", "y"]),
        start_s=st.sampled_from([None, 0.0, 3.0, 30.0]),
        end_s=st.sampled_from([None, 4.0, 9.0, 40.0]),
        error=st.sampled_from([None, None, "broken"]),
    ),
    max_size=12,
    unique_by=lambda item: (item["uri"], item["start_s"], item["end_s"]),
)


@settings(deadline=None)
@given(listed=LISTS, seed=st.randoms(), longest=st.sampled_from([1.0, 3.0, 60.0]))
def test_every_probe_ends_in_exactly_one_place(listed: list[dict], seed: object, longest: float) -> None:
    probes = [probe(position, **item) for position, item in enumerate(listed)]
    found = plan_spans(probes, {}, longest)
    worked = {item.source_key for item in found.spans}
    twice = {item.source_key for item, _ in found.duplicates}
    broken = {item.job.source_key for item in found.unreadable}
    assert worked | twice | broken == {item.job.source_key for item in probes}
    assert not broken & (worked | twice)
    for key in worked:  # all its spans are there, each once
        spans = [item for item in (*found.spans, *(item for item, _ in found.duplicates)) if item.source_key == key]
        assert sorted(item.span_index for item in spans) == list(range(spans[0].span_count))
    for key in twice - worked:
        assert [item.span_count for item, _ in found.duplicates if item.source_key == key] == [1]
    stretches = [content_range(item.content, item.start_s, item.end_s) for item in found.spans]
    assert len(stretches) == len(set(stretches))
    assert {first for _, first in found.duplicates} <= {item.job.uri for item in probes}
    shuffled = list(probes)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_spans(shuffled, {}, longest) == found
