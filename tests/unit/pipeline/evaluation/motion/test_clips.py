"""A clip's frames with their own sound, and what a catalog gives of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.evaluation.motion.clips import talking_clips
from tests.made.motion_catalog import MadeClip, motion_catalog
from tests.made.talking import talking, talking_catalog


@given(st.integers(-12, 12))
def test_each_frame_gets_its_own_sound(late: int) -> None:
    true = talking(0, 60)
    moved = replace(true, sound=np.roll(true.sound, late, 0), offset=late)
    found = moved.in_step()
    assert len(found) == 60 - abs(late) == len(found.sound) == len(found.lids) == len(found.mouth)
    frames = slice(max(0, -late), 60 - max(0, late))
    assert (found.sound == true.sound[frames]).all()
    assert (found.motion == true.motion[frames]).all()
    assert found.offset == 0
    assert (found.in_step().sound == found.sound).all()


def test_a_clip_whose_offset_is_not_known_is_taken_as_it_is() -> None:
    clip = talking(0, 60, offset=None)
    assert (clip.in_step().sound == clip.sound).all()
    assert len(clip.in_step()) == 60


def test_four_seconds_are_a_sentence() -> None:
    assert talking(0, 100).sentence
    assert not talking(0, 101).sentence
    assert talking(0, 200).first(100).sentence


def test_without_landmarks_the_catalog_is_refused(tmp_path: Path) -> None:
    motion_catalog(tmp_path / "catalog", [MadeClip(30)])
    with pytest.raises(UsageError, match="has no landmarks, which lips are scored by: extract it with --frames"):
        talking_clips(tmp_path / "catalog")


def test_a_catalog_s_clips_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = [talking(0, 60, offset=2, sync=0.5), talking(1, 40, gaze=None, distance=None, offset=None)]
    talking_catalog(tmp_path / "catalog", made)
    found = talking_clips(tmp_path / "catalog")
    assert found.audio == {"variant": "whisper"}
    assert found.latents["sha256"] == "aa"
    for clip, wanted in zip(found.clips, made, strict=True):
        for name in ("clip_id", "subject", "content", "source_uri", "gaze", "distance", "emotion", "offset"):
            assert getattr(clip, name) == getattr(wanted, name)
        for name in ("pose", "dynamics", "sound", "lids"):
            assert getattr(clip, name) == pytest.approx(getattr(wanted, name), abs=5e-3)
        for k in range(3):
            assert np.corrcoef(clip.mouth[:, k], wanted.mouth[:, k])[0, 1] > 0.98
        assert clip.mouth[:, 0].std() == pytest.approx(wanted.mouth[:, 0].std(), rel=0.2)
    assert found.clips[0].sync == pytest.approx(0.5)
