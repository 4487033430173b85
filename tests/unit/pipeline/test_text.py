"""Numbers and names as the report writes them."""

from __future__ import annotations

import math

import pytest

from catalogs.schema import FAILED_REASONS
from pipeline import text as wording
from stages.clip import REASONS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234.6, "1,235"),
        (-0.5, "−0.5"),
        (0.01234, "0.0123"),
        (62, "62"),
        (-1e-9, "−0.000000001"),
        (None, "–"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.2, "0°"), (-0.4, "0°"), (-12.3, "−12°"), (7, "+7°"), (math.nan, "–")])
def test_degrees(value: float, text: str) -> None:
    assert wording.degrees(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0024, "2.4 ms"),
        (0.9999, "1.00 s"),
        (2.347, "2.35 s"),
        (9.996, "10.0 s"),
        (59.96, "60.0 s"),
        (100, "1 min 40 s"),
    ]
    + [(3599.9, "1 h 00 min"), (7380, "2 h 03 min"), (None, "–")],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00.0"), (59.96, "1:00.0"), (3723.25, "1:02:03.2"), (None, "–")])
def test_timestamp(seconds: float | None, text: str) -> None:
    assert wording.timestamp(seconds) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(0, 5, "0%"), (1, 10_000, "<0.1%"), (1, 21, "4.8%"), (5, 5, "100%"), (1, 0, "–")]
)
def test_share(part: float, whole: float, text: str) -> None:
    assert wording.share(part, whole) == text


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("/a/b.mp4", "b.mp4"),
        ("s3://bucket/x/my%20clip.mp4", "my clip.mp4"),
        ("b.mp4", "b.mp4"),
        ("/a/50%20.mp4", "50%20.mp4"),
    ],
)
def test_file_name(uri: str, name: str) -> None:
    assert wording.file_name(uri) == name


def test_span_without_times() -> None:
    assert wording.span(None, 3.0) == "–"
    assert wording.span(0.0, 12.4) == "0:00.0 – 0:12.4"


def test_every_verdict_has_a_meaning() -> None:
    assert {"accepted", *REASONS, *FAILED_REASONS} == set(wording.MEANING)
