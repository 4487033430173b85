"""Windows of motion that is in step with its sound are found in step, late ones are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.sync.face_features import DYNAMICS
from models.sync.network import SyncNetwork
from pipeline.evaluation.motion.in_step import in_step, likeness


class Echo(SyncNetwork):
    """A network that knows: a face's vector is its first numbers, a sound's is its own."""

    def of_sound(self, sound: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(sound, dim=-1)

    def of_face(self, face: torch.Tensor) -> torch.Tensor:
        assert (face[..., -2] == 1).all()
        assert (face[..., -1] == 0).all()
        return torch.nn.functional.normalize(face[..., :DYNAMICS], dim=-1)


@pytest.fixture
def sound() -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(175, DYNAMICS))
    return (found - np.median(found, 0)).astype(np.float32)


@pytest.mark.parametrize(("late", "found"), [(0, True), (1, True), (-1, True), (2, False), (-7, False)])
def test_within_a_frame(sound: np.ndarray, late: int, found: bool) -> None:
    assert in_step(Echo(DYNAMICS), sound, np.roll(sound, late, 0)) == [found] * 6


def test_only_the_windows_that_are(sound: np.ndarray) -> None:
    half_late = np.concatenate([sound[:100], np.roll(sound, 5, 0)[100:]])
    found = in_step(Echo(DYNAMICS), sound, half_late)
    assert found[:3] == [True] * 3
    assert found[4:] == [False] * 2  # the one between is half and half


def test_a_clip_shorter_than_a_window_tells_nothing(sound: np.ndarray) -> None:
    assert in_step(Echo(DYNAMICS), sound[:49], sound[:49]) == []


def test_likeness_is_of_the_frame_itself(sound: np.ndarray) -> None:
    assert likeness(Echo(DYNAMICS), sound, sound) == pytest.approx(1.0, abs=0.02)
    assert abs(likeness(Echo(DYNAMICS), sound, np.roll(sound, 3, 0))) < 0.1
