"""What a training of motion learns from: which clips, whose, and their statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.motion.presets import MotionPreset
from pipeline.errors import UsageError
from pipeline.motion.prepare import MotionData, fitted, opened
from pipeline.motion.settings import MotionTraining
from tests.made import motion_catalog as made
from tests.made.motion_catalog import AUDIO, MadeClip
from tests.unit.pipeline.motion.conftest import PRESET, TRAINING

SIZES = MotionPreset("small", layers=1, width=8, heads=1, window=8, previous=3)
ALL = MotionTraining(held_out_subjects=(0, 0))


def talking(frames: int = 20, speech: float | None = 0.8, audio: int | None = AUDIO, **more: Any) -> MadeClip:
    return MadeClip(frames, audio=audio, more={"speech_share": speech, **more})


def motion_catalog(root: Path, clips: Sequence[MadeClip]) -> None:
    """As catalogs of an extraction are: the recipe says of each stage what it is."""
    made.motion_catalog(root, clips, {"stages": {"audio": {"variant": "made"}}})


def trained_on(found: MotionData) -> list[str]:
    """Names of files."""
    return [name for name, _ in found.seen()["clips"]]


def test_nobody_kept_out_is_in_the_windows_and_the_recipe_says_who_it_is(planted: Path, data: MotionData) -> None:
    seen = data.seen()
    test, validation = set(seen["test_subjects"]), set(seen["validation_subjects"])
    assert (len(test), len(validation), test & validation) == (2, 3, set())
    assert data.validation is not None
    assert set(map(bytes.decode, data.validation.clips.subject.tolist())) == validation
    trained = set(map(bytes.decode, data.train.clips.subject.tolist()))
    assert len(trained) == 7
    assert not trained & (test | validation)
    assert len(seen["clips"]) == len(seen["content"]) == 7
    for part, people in (("test", test), ("validation", validation)):
        files = {name for name, _, _ in seen["held_out"][part]}
        assert files == {f"{name.removeprefix('person_')}.mp4" for name in people}
    assert (seen["latents"], seen["audio"]) == ({"variant": "planted", "width": 4}, {"variant": "planted", "width": 6})
    assert seen["catalog"]["fingerprint"] == "planted"


def test_statistics_are_those_of_the_frames_that_are_learned_from(data: MotionData) -> None:
    statistics = fitted(data.space, data.train)
    clips = [data.train.whole(place) for place in range(len(data.train.clips))]
    motion = np.concatenate([torch.cat([clip.pose[0], clip.dynamics[0]], 1).numpy() for clip in clips])
    assert np.allclose(statistics.motion.mean, motion.mean(0), atol=1e-4)
    within = [torch.cat([clip.pose[0], clip.dynamics[0]], 1).numpy() for clip in clips]
    within = np.concatenate([each - each.mean(0) for each in within])
    assert np.allclose(statistics.motion.deviation, np.maximum(within.std(0), 1e-3), rtol=1e-3)
    assert np.allclose(statistics.audio.mean, np.concatenate([clip.audio[0] for clip in clips]).mean(0), atol=1e-4)
    gaze = np.concatenate([clip.gaze for clip in clips])
    assert np.allclose(statistics.gaze.mean, gaze.mean(0), atol=1e-4)
    assert np.allclose(statistics.gaze.deviation, np.maximum(gaze.std(0), 1), rtol=1e-4)
    assert not any(value.requires_grad for value in statistics.parameters())


def test_music_silence_and_what_is_out_of_step_are_left_out(root: Path, cache: Path) -> None:
    clips = [
        talking(sync=0.9),
        talking(speech=0.1, sync=0.9),
        talking(speech=None, audio=None, sync=None),
        talking(sync=0.2),
        talking(sync=None),
        talking(sync=0.9, quality=10.0),
    ]
    motion_catalog(root, clips)

    def names(where: str = "", **changes: Any) -> list[str]:
        return trained_on(opened(str(root), where, replace(ALL, least_sync=0.5, **changes), SIZES, cache))

    assert names() == ["0.mp4", "4.mp4", "5.mp4"]
    assert names("quality > 20 -- pictures") == ["0.mp4", "4.mp4"]
    assert names(silent=True) == ["0.mp4", "2.mp4", "4.mp4", "5.mp4"]
    assert names(speech=0.05) == ["0.mp4", "1.mp4", "4.mp4", "5.mp4"]
    assert names(skip=("0*", "4*"), speech=0.05) == ["1.mp4", "5.mp4"]


def test_a_catalog_that_does_not_tell_what_is_in_step_is_taken_as_it_is(root: Path, cache: Path) -> None:
    motion_catalog(root, [talking(), talking(subject_id="O'Neill")])
    assert trained_on(opened(str(root), "", replace(ALL, least_sync=0.9), SIZES, cache)) == ["0.mp4", "1.mp4"]
    kept = opened(str(root), "", replace(ALL, held_out_subjects=(0, 0), skip=("0.mp4",)), SIZES, cache)
    assert trained_on(kept) == ["1.mp4"]


def test_names_with_quotes_can_be_kept_out(root: Path, cache: Path) -> None:
    motion_catalog(root, [talking(subject_id=f"{number}'s") for number in range(4)])
    found = opened(str(root), "", replace(ALL, held_out_subjects=(1, 1)), SIZES, cache)
    assert found.validation is not None
    assert len(found.validation.clips) == 1
    assert len(found.train.clips) == 2


def test_what_cannot_be_learned_from_is_an_error_that_says_what_to_do(root: Path, cache: Path) -> None:
    motion_catalog(root, [talking(audio=None) for _ in range(4)])
    with pytest.raises(UsageError, match="has no features of sound: extract it with stage audio"):
        opened(str(root), "", ALL, SIZES, cache)
    with pytest.raises(UsageError, match="no accepted clip of .* is talked in enough.*speech_share >= 0.9"):
        opened(str(root), "", replace(ALL, speech=0.9), SIZES, cache)
    with pytest.raises(UsageError, match="--where does not fit table clips.*qualities"):
        opened(str(root), "qualities > 3", ALL, SIZES, cache)
    with pytest.raises(UsageError, match="4 subjects are too few to keep 9 and 4 out"):
        opened(str(root), "", MotionTraining(), SIZES, cache)


def test_people_kept_out_do_not_depend_on_the_seed(planted: Path, cache: Path) -> None:
    one, other = (opened(str(planted), "", replace(TRAINING, seed=seed), PRESET, cache) for seed in (0, 1))
    assert one.seen() == other.seen()
    assert not torch.equal(one.train.draw(0, 0, 1, 4).start, other.train.draw(0, 0, 1, 4).start)
