"""From sound in pieces to motion, and which files fit each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.motion.generation import Controls, Sampling
from models.weights.registry import weights
from pipeline.errors import UsageError
from pipeline.generation.controls import ControlCurves
from pipeline.generation.generator import Generator, check_latents, features_for, opened
from pipeline.generation.speech import SpeechFeatures
from stages.clip import FPS
from tests.made import random_face
from tests.made.motion_file import SMALL, motion_model, recipe, write

CPU = torch.device("cpu")


def told(sound: np.ndarray) -> np.ndarray:
    rows = sound.reshape(-1, 640)
    return np.repeat(rows.mean(1, keepdims=True), 384, 1)


FEATURES = SpeechFeatures(told, chunk_s=1.0, overlap_s=0.2)
SOUND = np.random.default_rng(0).standard_normal(60 * 640 - 100).astype(np.float32)


def motion(generator: Generator, *pieces: np.ndarray) -> torch.Tensor:
    return torch.cat(list(generator(pieces)))


@settings(max_examples=6)
@given(st.lists(st.integers(0, len(SOUND)), max_size=5))
def test_however_sound_is_cut_the_motion_is_the_same(places: list[int]) -> None:
    generator = Generator(motion_model(), FEATURES, sampling=Sampling(steps=1), seed=3)
    pieces = np.split(SOUND, sorted(places))
    found = motion(generator, *pieces)
    assert found.shape == (60, 38)
    torch.testing.assert_close(found, motion(generator, SOUND), rtol=0, atol=0)


def test_seeds_differ() -> None:
    one, other = (Generator(motion_model(), FEATURES, sampling=Sampling(steps=1), seed=seed) for seed in (0, 1))
    assert not torch.allclose(motion(one, SOUND), motion(other, SOUND))


def test_a_window_is_asked_what_its_middle_is() -> None:
    asked = []

    class Recording(ControlCurves):
        def at(self, second: float) -> Controls:
            asked.append(second)
            return super().at(second)

    motion(Generator(motion_model(), FEATURES, Recording(), Sampling(steps=1)), SOUND)
    step = SMALL.window - Sampling().overlap
    assert asked == pytest.approx([(start + SMALL.window / 2) / FPS for start in (0, step, 2 * step, 3 * step)])


def test_a_file_gives_its_model_and_features(tmp_path: Path) -> None:
    path = write(tmp_path / "motion.safetensors")
    model, said = opened(path, CPU)
    assert said == recipe()
    assert model.preset == SMALL
    assert features_for(path, said).chunk_s == 28.0


def test_files_that_are_none_or_do_not_say(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none.safetensors: not a motion generator"):
        opened(tmp_path / "none.safetensors", CPU)
    path = write(tmp_path / "motion.safetensors")
    with pytest.raises(UsageError, match="motion.safetensors: does not say which features of sound"):
        features_for(path, {})
    with pytest.raises(UsageError, match=r"motion.safetensors: .*features of sound 'lips'.*--checkpoint"):
        features_for(path, {"audio": {"variant": "lips"}})


def test_a_generator_moves_latents_of_one_face_model(tmp_path: Path) -> None:
    path, own = write(tmp_path / "motion.safetensors"), weights("face_tiny").path()
    check_latents(path, recipe(), own)
    other = random_face.write(tmp_path / "face.safetensors")
    with pytest.raises(
        UsageError, match=r"motion.safetensors moves latents of .*face.safetensors are of .*: give --face"
    ):
        check_latents(path, recipe(), other)
    with pytest.raises(UsageError, match="sha256 None"):
        check_latents(path, {}, own)
    with pytest.raises(UsageError, match="not a face model"):
        check_latents(path, recipe(), path)
