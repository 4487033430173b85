"""Stage sync: what its network is shown, what is told of a clip, and where nothing can be told."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from models.sync.face_features import DYNAMICS, WIDTH, face_features, mouth_shapes
from models.sync.offset import MOST
from models.weights.registry import REGISTRY
from stages.clip import REASONS, Clip, Outcome
from stages.labels.sync import Sync
from tests.made.clips import accepted, rejected, turned_clip
from tests.root import ROOT

AUDIO = 384


def heard(frames: int) -> Clip:
    """A clip of a face, with features of sound and dynamics that are noise."""
    random = np.random.default_rng(frames)
    clip = turned_clip(random.normal(0, 3, (frames, 3)))
    return clip.add_arrays(
        audio=random.normal(size=(frames, AUDIO)).astype(np.float32),
        dynamics=random.normal(size=(frames, 32)).astype(np.float32),
    )


def answered(clip: Clip, stage: Sync, late: int, cosine: float = 0.6) -> Outcome:
    """What the stage says where the network finds the face in the sound `late` frames after it."""
    cosines = np.full((len(clip.arrays["dynamics"]), 2 * MOST + 1), 0.1, np.float32)
    cosines[:, MOST + late] = cosine
    return stage.finish(clip, [cosines])


def test_the_network_is_shown_what_a_catalog_holds_of_sound_and_face() -> None:
    clip = heard(60)
    (item,) = Sync().items(clip)
    assert (item.shape, item.dtype) == ((60, AUDIO + WIDTH), np.float32)
    assert np.array_equal(item[:, :AUDIO], clip.arrays["audio"].astype(np.float16))
    landmarks = clip.tracked().unit_landmarks().astype(np.float16).astype(np.float32)
    dynamics = clip.arrays["dynamics"].astype(np.float16).astype(np.float32)
    assert np.array_equal(item[:, AUDIO:], face_features(dynamics, mouth_shapes(landmarks)))
    assert item[:, AUDIO : AUDIO + DYNAMICS].std() > 0.5
    assert (item[:, -2:] == 1).all()


@pytest.mark.parametrize("late", [-MOST, -3, 0, 8, MOST])
def test_columns_are_how_late_the_sound_is_and_how_sure_that_is(late: int) -> None:
    found = accepted(answered(heard(60), Sync(), late))
    assert found.columns == {"sound_offset": late, "sync": pytest.approx(0.5)}
    assert type(found.columns["sound_offset"]) is int
    assert set(found.columns) == set(Sync.columns.names)


@pytest.mark.parametrize(
    ("stage", "late", "cosine", "reason"),
    [
        (Sync(most=7), 8, 0.6, "out_of_sync"),
        (Sync(most=7), -8, 0.6, "out_of_sync"),
        (Sync(minimum=0.3), 0, 0.35, "no_sync"),
    ],
)
def test_what_is_too_far_off_or_not_sure_is_refused_with_its_labels(
    stage: Sync, late: int, cosine: float, reason: str
) -> None:
    no = rejected(answered(heard(60), stage, late, cosine))
    assert (no.reason, no.clip.columns["sound_offset"]) == (reason, late)
    assert reason in REASONS


def test_where_it_cannot_be_told_nothing_is_said_and_nobody_refused() -> None:
    strict, clip = Sync(most=0, minimum=0.9), heard(60)
    silent = replace(clip, arrays={"dynamics": clip.arrays["dynamics"]})
    for mute in (silent, heard(39), heard(1)):
        assert strict.items(mute) == []
        assert accepted(strict.finish(mute, [])) == mute
    assert len(strict.items(heard(40))) == 1


def test_it_is_for_the_sound_and_the_face_that_it_was_trained_on() -> None:
    audio, own = SimpleNamespace(variant="whisper"), SimpleNamespace(sha256=REGISTRY["face_tiny"].known_as)
    assert Sync().unfit({"audio": audio, "latents": own}) is None
    assert "audio=mel" in (Sync().unfit({"audio": SimpleNamespace(variant="mel"), "latents": own}) or "")
    assert "--latents" in (Sync().unfit({"audio": audio, "latents": SimpleNamespace(sha256="0" * 64)}) or "")


_LEAN = """
import sys
import stages.labels.sync
assert "torch" not in sys.modules, "PyTorch is imported"
"""


def test_a_process_that_only_prepares_clips_imports_no_network() -> None:
    done = subprocess.run([sys.executable, "-c", _LEAN], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
