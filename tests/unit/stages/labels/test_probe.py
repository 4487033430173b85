"""What the header alone decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stages.clip import Clip
from stages.labels.probe import Probe
from tests.made.clips import accepted, header, plain, rejected


def clip(width: int = 640, height: int = 360, seconds: float = 4.0, audio_hz: int = 16_000) -> Clip:
    return replace(plain(seconds), header=header(width, height, seconds, audio_hz))


def test_columns_of_what_passes() -> None:
    out = accepted(Probe().open()(clip(seconds=4.03, audio_hz=44_100)))
    assert dict(out.columns) == {"fps_in": 25.0, "width": 640, "height": 360, "frames": 100, "audio_hz_in": 44_100}


@pytest.mark.parametrize(
    ("made", "reason", "detail"),
    [
        (clip(seconds=2.99), "too_short", "2.99 s, at least 3 s wanted"),
        (clip(width=127), "too_small", "127x360, at least 128 pixels a side wanted"),
        (clip(height=100), "too_small", "640x100, at least 128 pixels a side wanted"),
        (clip(audio_hz=0), "no_audio", "no sound track; --set speech.required=false takes clips without"),
        (clip(width=100, seconds=1, audio_hz=0), "too_short", "1.00 s, at least 3 s wanted"),
    ],
)
def test_reasons(made: Clip, reason: str, detail: str) -> None:
    out = rejected(Probe().open()(made))
    assert (out.reason, out.detail) == (reason, detail)
    assert set(out.clip.columns) == set(Probe.columns.names)


def test_the_limits_pass() -> None:
    accepted(Probe().open()(clip(width=128, height=128, seconds=3.0)))


def test_limits_are_parameters() -> None:
    accepted(Probe(min_seconds=1, min_pixels=64, audio=False).open()(clip(64, 64, 1.0, 0)))
    assert rejected(Probe(min_seconds=10).open()(clip())).detail == "4.00 s, at least 10 s wanted"


def test_no_sound_is_null_not_zero() -> None:
    assert accepted(Probe(audio=False).open()(clip(audio_hz=0))).columns["audio_hz_in"] is None
