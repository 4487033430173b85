"""How late sound is by SyncNet's embeddings: planted offsets, the published distances, what the network is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.syncnet import SyncNet
from models.evaluation.syncnet_offset import SyncNetEmbeddings, distances, heard_windows, nearest, stretch
from models.sync.offset import MOST, Offset
from tests.made import random_syncnet

CPU = torch.device("cpu")


def published(faces: np.ndarray, sound: np.ndarray, shifts: int = 15) -> np.ndarray:
    """Mean distances as the published evaluation takes them (syncnet_python, calc_pdist)."""
    feat, padded = torch.from_numpy(faces), torch.nn.functional.pad(torch.from_numpy(sound), (0, 0, shifts, shifts))
    each = [
        torch.nn.functional.pairwise_distance(feat[[i]].repeat(2 * shifts + 1, 1), padded[i : i + 2 * shifts + 1])
        for i in range(len(feat))
    ]
    return torch.stack(each, 1).mean(1).numpy()


def test_distances_are_the_published_ones() -> None:
    random = np.random.default_rng(0)
    faces, sound = random.normal(size=(2, 40, 1024))
    assert distances(faces, sound) == pytest.approx(published(faces, sound), rel=1e-9)


@given(st.integers(-MOST, MOST))
def test_sound_that_is_late_is_found_where_it_is(late: int) -> None:
    random = np.random.default_rng(late + MOST)
    sound = random.normal(size=(90, 64))
    faces = sound[20 + late : 70 + late] + 0.5 * random.normal(size=(50, 64))
    found = nearest(distances(faces, sound[20:70]))
    assert found.frames == late
    assert found.sure > 1


def test_what_is_equally_far_everywhere_is_not_sure() -> None:
    assert nearest(np.full(31, 7.0)).sure == 0
    means = np.full(31, 9.0)
    means[18] = 6.5
    assert nearest(means) == Offset(3, 2.5)


def test_windows_of_sound_are_a_fifth_of_a_second_and_begin_with_their_frames() -> None:
    sound = np.arange(28 * 13, dtype=np.float32).reshape(28, 13)
    heard = heard_windows(sound)
    assert heard.shape == (3, 1, 13, 20)
    for place in range(3):
        assert np.array_equal(heard[place, 0], sound[4 * place : 4 * place + 20].T)


@pytest.mark.slow
def test_a_stretch_is_embedded_as_its_windows_are(tmp_path: Path) -> None:
    file = random_syncnet.write(tmp_path / "syncnet_v2.model")
    random = np.random.default_rng(0)
    given = stretch(random.integers(0, 256, (6, 224, 224, 3), np.uint8), random.normal(size=(24, 13)))
    (found,) = SyncNetEmbeddings(file, CPU)([given])
    assert found.shape == (2, 2, 1024)
    lips = np.stack([given["faces"][place : place + 5].transpose(3, 0, 1, 2) for place in range(2)])
    network = SyncNet(file, CPU)
    assert found[:, 0] == pytest.approx(network.video(lips), rel=1e-4, abs=1e-3)
    assert found[:, 1] == pytest.approx(network.audio(heard_windows(given["mfcc"])), rel=1e-4, abs=1e-3)
