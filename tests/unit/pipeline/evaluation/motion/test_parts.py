"""Who is scored and who is fitted on; what is left out, and why."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.evaluation.motion.clips import TalkingClip, TalkingClips
from pipeline.evaluation.motion.parts import LONGEST, parts_of
from tests.made.talking import talking

LATENTS, AUDIO = {"variant": "face", "sha256": "aa", "preset": "tiny"}, {"variant": "whisper"}


def recipe(clips: list[TalkingClip]) -> dict[str, Any]:
    """Of a training that kept persons 0 and 1 out for the test, 2 for choices."""
    held = {"test": ("person 0", "person 1"), "validation": ("person 2",)}
    return {
        "held_out": {
            part: [[clip.source_uri, clip.clip_id, clip.content] for clip in clips if clip.subject in who]
            for part, who in held.items()
        },
        "test_subjects": held["test"],
        "validation_subjects": held["validation"],
        "content": [clip.content for clip in clips if clip.subject not in sum(held.values(), ())],
        "latents": {**LATENTS, "width": 5},
        "audio": {**AUDIO, "width": 7},
    }


def found(clips: list[TalkingClip]) -> TalkingClips:
    return TalkingClips(tuple(clips), LATENTS, AUDIO)


def test_people_kept_out_are_scored_and_the_others_fitted_on() -> None:
    clips = [talking(who, seed=seed) for who in range(5) for seed in range(2)]
    parts = parts_of(found(clips), recipe(clips), "test", None)
    assert {clip.subject for clip in parts.scored} == {"person 0", "person 1"}
    assert {clip.subject for clip in parts.training} == {"person 3", "person 4"}
    assert parts.left_out == {}
    assert {clip.subject for clip in parts_of(found(clips), recipe(clips), "validation", None).scored} == {"person 2"}


def test_what_cannot_be_scored_is_counted_by_why() -> None:
    odd = [
        talking(0, seed=1, speech=0.2),
        talking(0, seed=2, sync=0.1, offset=0),
        talking(0, seed=3, frames=26, offset=2),
        talking(1, seed=1, speech=0.1, sync=0.1),
    ]
    clips = [*odd, talking(0), *(talking(who) for who in (3, 4)), talking(3, seed=9, speech=0.1)]
    parts = parts_of(found(clips), recipe(clips), "test", None)
    assert [clip.clip_id for clip in parts.scored] == [talking(0).clip_id]
    assert parts.left_out == {"with little speech": 2, "out of step": 1, "too short": 1}
    assert len(parts.training) == 2


def test_sound_is_put_in_step_and_long_clips_are_cut() -> None:
    clips = [talking(0, 300, offset=-3, sync=0.5), talking(3), talking(4)]
    (clip,) = parts_of(found(clips), recipe(clips), "test", None).scored
    assert len(clip) == LONGEST
    assert (clip.sound[:100] == clips[0].sound[:100]).all()
    assert (clip.motion[:100] == clips[0].motion[3:103]).all()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"latents": {"sha256": "bb"}},
            "the catalog's latents are of sha256 aa, those that the checkpoint",
        ),
        ({"audio": {"variant": "mel"}}, "the catalog's audio are of variant whisper"),
    ],
)
def test_other_latents_and_sound_are_refused(other: dict[str, Any], said: str) -> None:
    clips = [talking(who) for who in range(5)]
    with pytest.raises(UsageError, match=said):
        parts_of(found(clips), recipe(clips) | other, "test", None)


def test_nobody_to_score_or_to_fit_on_is_said() -> None:
    clips = [talking(who, speech=0.1 if who == 0 else 0.9) for who in (0, 3, 4)]
    with pytest.raises(UsageError, match="none of 1 clip kept out has speech in step"):
        parts_of(found(clips), recipe(clips), "test", None)
    clips = [talking(0), talking(3), talking(3, seed=1)]
    with pytest.raises(UsageError, match="fewer than two people beside those kept out"):
        parts_of(found(clips), recipe(clips), "test", None)
