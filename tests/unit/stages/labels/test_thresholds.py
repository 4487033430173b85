"""A stage that refuses by labels says so of the catalog's row as it did of the clip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.extraction.recipe import make_recipe
from stages.clip import Clip, Reject, ThresholdStage, under
from stages.labels.hyperiqa import HyperIqaQuality
from stages.labels.motion import Motion
from stages.labels.probe import Probe
from stages.labels.quality import Quality
from stages.labels.speech import Speech
from stages.labels.sync import Sync
from stages.tracking.track import FaceTrack
from stages.video.header import VideoHeader
from stages.video.reader import Frames

GOOD = {
    "start_s": 1.0,
    "end_s": 6.0,
    "width": 320,
    "height": 240,
    "audio_hz_in": 16_000,
    "speech_share": 0.8,
    "face_px": 100.0,
    "motion": 0.9,
    "quality": 50.0,
    "sound_offset": 0,
    "sync": 0.5,
}


@pytest.mark.parametrize(
    ("stage", "labels", "reason", "detail"),
    [
        (Probe(), {"end_s": 3.5}, "too_short", "2.50 s, at least 3 s wanted"),
        (Probe(), {"height": 100}, "too_small", "320x100, at least 128 pixels a side wanted"),
        (Probe(), {"audio_hz_in": None}, "no_audio", "no sound track; --set speech.required=false takes clips without"),
        (
            Speech(),
            {"speech_share": None},
            "no_audio",
            "no sound track; --set speech.required=false takes clips without",
        ),
        (Speech(), {"speech_share": 0.1}, "no_speech", "speech in 10% of the clip, at least 20% wanted"),
        (FaceTrack(), {"face_px": 40.2}, "face_too_small", "face 40 pixels high, at least 64 wanted"),
        (Motion(), {"motion": 0.25}, "still_picture", "the face stands still: 75% of the time"),
        (Quality(), {"quality": 12.0}, "low_quality", "quality 12, at least 30 wanted"),
        (HyperIqaQuality(), {"quality": 39.4}, "low_quality", "quality 39, at least 40 wanted"),
        (Sync(most=4), {"sound_offset": 5}, "out_of_sync", "the sound is 5 frames late, at most 4 allowed"),
        (Sync(most=0), {"sound_offset": -15}, "out_of_sync", "the sound is 15 frames early, at most 0 allowed"),
        (Sync(minimum=0.2, most=4), {"sync": 0.19, "sound_offset": 5}, "no_sync", "sync 0.19, at least 0.2 wanted"),
    ],
)
def test_a_stage_refuses_by_its_labels(stage: Any, labels: dict[str, Any], reason: str, detail: str) -> None:
    assert stage.refuse(GOOD) is None
    refusal = stage.refuse({**GOOD, **labels})
    assert refusal is not None
    assert (refusal.reason, refusal.detail) == (reason, detail)


def test_what_is_not_required_is_not_refused() -> None:
    silent = {**GOOD, "audio_hz_in": None, "speech_share": None}
    assert Probe(audio=False).refuse(silent) is None
    assert Speech(required=False).refuse(silent) is None
    assert Speech(required=False).refuse({**GOOD, "speech_share": 0.0}) is None
    assert Sync(most=0, minimum=0.9).refuse({**GOOD, "sound_offset": None, "sync": None}) is None


def test_a_share_that_is_the_threshold_passes_as_the_catalog_holds_it() -> None:
    assert float(np.float32(0.7)) < 0.7
    assert not under(float(np.float32(0.7)), 0.7)
    assert under(0.699, 0.7)
    assert not under(64.0, 64)


def test_a_threshold_changes_nothing_but_the_answer() -> None:
    """Each field said to be a threshold is one that a recipe sets, and the stages that refuse otherwise say so."""
    stages = [stage for stage in make_recipe("open").stages if isinstance(stage, ThresholdStage)]
    found = {stage.name: stage.thresholds for stage in stages}
    assert found == {
        "probe": ("min_seconds", "min_pixels", "audio"),
        "speech": ("minimum", "required"),
        "track": ("min_face",),
        "motion": ("minimum",),
        "quality": ("minimum",),
        "sync": ("most", "minimum"),
    }
    assert [stage.name for stage in stages if stage.refuses_otherwise] == ["motion"]


def test_the_stage_itself_asks_the_same_question() -> None:
    header = VideoHeader("mp4", "h264", 640, 360, 30.0, 10.0, 0, 1.0, "aac", 16_000, 1, 0.0)
    clip = Clip("/a.mp4", header, 1.0, 6.0, Frames(iter(())))
    passed = Probe().open()(clip)
    assert isinstance(passed, Clip)
    refused = Probe(min_seconds=5.5).open()(clip)
    assert isinstance(refused, Reject)
    again = replace(Probe(), min_seconds=5.5).refuse({**passed.columns, "start_s": 1.0, "end_s": 6.0})
    assert again is not None
    assert (again.reason, again.detail) == (refused.reason, refused.detail)
