"""The contract of the stages: what each declares, and what a clip keeps."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from models.weights.registry import REGISTRY
from pipeline.extraction.variants import variant_of
from stages.clip import REASONS, Stage
from stages.labels.distance import Distance
from stages.labels.emotion import Emotion
from stages.labels.frames import FaceFrames
from stages.labels.gaze import Gaze
from stages.labels.identity import Identity
from stages.labels.latents import FaceLatents
from stages.labels.mel import LogMel
from stages.labels.motion import Motion
from stages.labels.pose import Pose
from stages.labels.probe import Probe
from stages.labels.quality import Quality
from stages.labels.speech import Speech
from stages.labels.whisper import WhisperAudio
from stages.tracking.screen import Screen
from stages.tracking.track import FaceTrack
from tests.made.clips import plain, turned_clip

STAGES = (
    *(Probe, Speech, Screen, FaceTrack, Quality, Pose, Gaze, Distance, Emotion, WhisperAudio, Identity),
    *(FaceLatents, FaceFrames, Motion, LogMel),
)


@pytest.mark.parametrize("kind", STAGES)
def test_a_stage_is_a_frozen_dataclass_that_declares_what_it_needs_and_adds(kind: type[Stage]) -> None:
    stage = kind()
    assert is_dataclass(stage)
    assert hash(stage) == hash(kind())
    name = fields(kind)[0].name if fields(kind) else "anything"  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        setattr(stage, name, 1)
    assert kind.__module__.rpartition(".")[2] in (stage.name, variant_of(stage))
    assert stage.version >= 1
    assert stage.resources.cpus > 0
    assert set(stage.weights) <= set(REGISTRY)
    assert all(stage.columns.names)


@pytest.mark.parametrize("kind", STAGES)
def test_every_parameter_is_explained(kind: type[Stage]) -> None:
    text = kind.__doc__ or ""
    assert [field.name for field in fields(kind) if field.name not in text] == []  # type: ignore[arg-type]


def test_columns_of_two_stages_do_not_clash_except_counts_that_get_better() -> None:
    seen: dict[str, str] = {}
    for kind in STAGES:
        for column in kind.columns.names:
            if column in seen:
                assert (column, kind.name) in {("frames", "track"), ("faces_max", "track")}
            seen[column] = kind.name


def test_reasons_are_short_codes() -> None:
    assert len(set(REASONS)) == len(REASONS)
    assert all(reason == reason.lower() and " " not in reason for reason in REASONS)


def test_adding_leaves_the_clip_before_as_it_was() -> None:
    clip = plain().add(a=1)
    more = clip.add(b=2).add_arrays(x=np.zeros(3))
    assert dict(clip.columns) == {"a": 1}
    assert dict(more.columns) == {"a": 1, "b": 2}
    assert not clip.arrays
    assert clip.add(a=3).columns["a"] == 3
    assert more.seconds == 4.0


def test_a_clip_without_a_track_says_which_stage_must_come_first() -> None:
    with pytest.raises(ValueError, match=r"a\.mp4: no face track yet; put the stage 'track' earlier in the recipe"):
        plain().tracked()


@pytest.mark.parametrize("kind", [Quality, Pose, Gaze, Emotion, Identity, FaceFrames])
def test_stages_on_faces_say_so_too(kind: type[Stage]) -> None:
    with pytest.raises(ValueError, match="put the stage 'track' earlier"):
        kind().open()(plain())


def test_crop_landmarks_are_the_landmarks_under_the_crop_s_matrix() -> None:
    track = turned_clip(np.array([[0, 20.0, 0]])).tracked()
    before = track.landmarks.copy()
    points = track.crop_landmarks(0)
    matrix = track.crop_matrix[0]
    assert points[7, :2] == pytest.approx(matrix @ [*track.landmarks[0, 7, :2], 1])
    assert points[7, 2] == pytest.approx(track.landmarks[0, 7, 2] * matrix[0, 0])
    assert np.array_equal(track.landmarks, before)


def test_unit_landmarks_span_the_crop_from_minus_one_to_one() -> None:
    track = turned_clip(np.array([[0, 20.0, 0], [5, 0, 10]])).tracked()
    found = track.unit_landmarks()
    for index in range(2):
        pixels = track.crop_landmarks(index)
        assert found[index, :, :2] == pytest.approx((2 * pixels[:, :2] + 1) / 256 - 1)
        assert found[index, :, 2] == pytest.approx(2 * pixels[:, 2] / 256)
