"""What travels to a worker and back, and how a source is cut into spans."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extraction.tasks import SpanResult, SpanTask, clip_id, spans

JOB = SpanTask("/a 'b'/ü.mp4", "k" * 32, "c" * 32, 1, 3, 0.04, 20.0000001, None, "train")


def test_a_job_and_its_answer_survive_json() -> None:
    assert SpanTask.from_json(JOB.to_json()) == JOB
    done = SpanResult("k" * 32, 1, [("accepted", None, 2.5), ("rejected", "no_face", 0.1)], {"probe": 0.25}, 12.5)
    assert SpanResult.from_json(done.to_json()) == done


@pytest.mark.parametrize(
    ("start", "end", "longest", "expected"),
    [
        (0.0, 10.0, 60.0, [(0.0, 10.0)]),
        (0.0, 60.0, 60.0, [(0.0, 60.0)]),
        (0.0, 90.0, 60.0, [(0.0, 45.0), (45.0, 90.0)]),
        (1.0, 4.03, 60.0, [(1.0, 4.03)]),
        (0.5, 3.5, 1.0, [(0.5, 1.5), (1.5, 2.5), (2.5, 3.5)]),
        (0.0, 0.1, 0.01, [(0.0, 0.04), (0.04, 0.08), (0.08, 0.1)]),
        (0.0, 10.01, 5.0, [(0.0, 3.36), (3.36, 6.68), (6.68, 10.01)]),
    ],
)
def test_spans_are_the_fewest_equal_pieces(
    start: float, end: float, longest: float, expected: list[tuple[float, float]]
) -> None:
    assert spans(start, end, longest) == [pytest.approx(piece) for piece in expected]


@settings(deadline=None)
@given(start=st.floats(0, 5000), length=st.floats(0.04, 5_000), longest=st.floats(0.5, 600))
def test_spans_cover_the_source_on_the_grid(start: float, length: float, longest: float) -> None:
    end = start + length
    pieces = spans(start, end, longest)
    assert pieces[0][0] == start
    assert pieces[-1][1] == end
    for (_, stop), (begin, _) in zip(pieces[:-1], pieces[1:], strict=True):
        assert stop == begin
        frame = (begin - start) * 25
        assert frame == pytest.approx(round(frame), abs=1e-4)
    assert all(0 < stop - begin <= longest + 1e-5 for begin, stop in pieces)
    assert len(pieces) <= length / (longest - 0.04) + 1


def test_a_day_of_video_in_short_pieces_is_cut_at_once() -> None:
    pieces = spans(0.0, 86_400.01, 1.0)
    assert len(pieces) == 86_401
    assert max(stop - begin for begin, stop in pieces) <= 1 + 1e-6


def test_clip_ids_depend_on_bytes_and_milliseconds_only() -> None:
    own = clip_id("c" * 32, 0.0, 2.0)
    assert len(own) == 32
    assert int(own, 16) >= 0
    assert clip_id("c" * 32, 0.0001, 1.9999) == own
    others = [
        clip_id("d" * 32, 0.0, 2.0),
        clip_id("c" * 32, 0.002, 2.0),
        clip_id("c" * 32, 0.0, 2.002),
        clip_id("c" * 32, 0.0, 2.0, "duplicate", "key"),
    ]
    assert len({own, *others}) == 5
