"""Emotion: eight named coefficients, one of them always null, and a smile is happiness."""

from __future__ import annotations

import numpy as np
import pytest

from stages.clip import Clip, Runner
from stages.labels.emotion import EMOTIONS, Emotion, face_square
from tests.made.clips import accepted, mirrored


@pytest.fixture(scope="module")
def emotion() -> Runner:
    return Emotion().open()


def test_the_schema_has_the_eight_names_in_order() -> None:
    (field,) = Emotion.columns
    assert field.name == "emotion"
    assert tuple(inner.name for inner in field.type) == EMOTIONS == tuple(sorted(EMOTIONS))


def test_a_smiling_woman_is_happy(emotion: Runner, woman: Clip) -> None:
    out = accepted(emotion(woman)).columns["emotion"]
    assert tuple(out) == EMOTIONS
    assert out["contempt"] is None
    values = {name: value for name, value in out.items() if name != "contempt"}
    assert all(isinstance(value, float) and value >= 0 for value in values.values())
    assert sum(values.values()) == pytest.approx(1, abs=0.02)
    assert max(values, key=lambda name: values[name]) == "happiness"
    assert values["happiness"] > 0.5


def test_a_mirrored_clip_has_the_same_emotion(emotion: Runner, woman: Clip) -> None:
    there, mirror = (accepted(emotion(clip)).columns["emotion"] for clip in (woman, mirrored(woman)))
    for name in EMOTIONS:
        if name != "contempt":
            assert mirror[name] == pytest.approx(there[name], abs=0.03)


def test_the_face_square_is_level_and_holds_the_face(woman: Clip) -> None:
    track = woman.tracked()
    assert face_square(track, 0, 1.0, 64).shape == (64, 64, 3)
    wide = face_square(track, 0, 2.0, 128)
    narrow = face_square(track, 0, 1.0, 64)
    assert np.abs(wide[32:96, 32:96].astype(int) - narrow).mean() < 6
