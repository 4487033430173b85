"""The network that puts sound and face in step, and what its cosines say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from models.runtime.checkpoint import WrongWeights
from models.sync.checkpoint import load_sync, read_sync_recipe, save_sync
from models.sync.face_features import DYNAMICS, WIDTH
from models.sync.losses import info_nce
from models.sync.network import SyncNetwork, cosines, similarity
from models.sync.offset import MOST, offset_of


@pytest.fixture(scope="module")
def network() -> SyncNetwork:
    torch.manual_seed(0)
    return SyncNetwork(12).eval()


def test_vectors_have_unit_length_and_a_small_network_makes_them(network: SyncNetwork) -> None:
    face, sound, _ = network(torch.randn(2, 30, 12), torch.randn(2, 30, WIDTH))
    assert face.shape == sound.shape == (2, 30, 64)
    assert torch.allclose(face.norm(dim=2), torch.ones(2, 30), atol=1e-5)
    assert sum(each.numel() for each in SyncNetwork(384).parameters()) < 500_000  # 2 MB


def test_a_frame_sees_six_to_either_side(network: SyncNetwork) -> None:
    sound = torch.randn(1, 40, 12)
    other = sound.clone()
    other[0, 20] += 1
    changed = (network.of_sound(sound) - network.of_sound(other)).abs().amax(2)[0] > 1e-7
    assert changed.nonzero().flatten().tolist() == list(range(14, 27))


def test_what_is_not_there_is_nothing_whatever_features_are_like(network: SyncNetwork) -> None:
    face = torch.randn(1, 10, WIDTH)
    face[..., -2], face[..., -1] = 0, 1
    network.measured(torch.randn(50, 12) * 3 + 1, torch.randn(50, WIDTH) * 2 + 5)
    seen = network.standard("face", face)
    assert not seen[..., :DYNAMICS].any()
    assert seen[..., DYNAMICS:-2].abs().min() > 0
    assert seen[0, 0, -2:].tolist() == [0, 1]
    sound = torch.randn(400, 12) * 3 + 1
    network.measured(sound, torch.randn(400, WIDTH))
    assert network.standard("sound", sound).mean(0).abs().max() < 1e-5
    assert torch.allclose(network.standard("sound", sound).std(0), torch.ones(12), atol=1e-5)


@given(st.integers(1, 40), st.integers(-12, 12))
def test_cosines_lie_under_their_offsets(count: int, late: int) -> None:
    """Face t is sound t + late and no other's."""
    random = torch.Generator().manual_seed(count)
    sound = torch.nn.functional.normalize(torch.randn(count + 30, 64, generator=random), dim=1)
    face = sound[15 + late : 15 + late + count]
    found = similarity(face, sound[15 : 15 + count], MOST)
    assert found.shape == (count, 2 * MOST + 1)
    for t in range(count):
        for j in range(2 * MOST + 1):
            there = t + j - MOST
            if 0 <= there < count:
                assert found[t, j] == pytest.approx(float(face[t] @ sound[15 + there]), abs=1e-5)
            else:
                assert torch.isnan(found[t, j])
    if count >= 30:
        answer = offset_of(found.numpy())
        assert answer is not None
        assert answer.frames == late
        assert answer.sure > 0.7


def test_too_few_frames_tell_nothing_of_an_offset() -> None:
    every = np.full((40, 2 * MOST + 1), 0.1)
    every[23:, 0] = np.nan  # 23 of 40 frames alone tell of the farthest
    every[:23, 0] = 0.9
    every[:, MOST + 2] = 0.5
    answer = offset_of(every)
    assert answer is not None
    assert (answer.frames, answer.sure) == (2, pytest.approx(0.4))
    assert offset_of(np.full((40, 2 * MOST + 1), np.nan)) is None
    assert offset_of(np.zeros((0, 2 * MOST + 1))) is None


def test_the_loss_is_least_where_moments_agree_and_that_of_chance_where_nothing_does() -> None:
    torch.manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(3, 20, 64), dim=2)
    sharp = torch.tensor(4.0)
    assert info_nce(vectors, vectors, sharp) < 1e-3
    assert info_nce(vectors, vectors.roll(1, 1), sharp) > 10
    same = torch.nn.functional.normalize(torch.ones(3, 20, 64), dim=2)
    assert info_nce(same, vectors, sharp) > info_nce(same, same, sharp)
    assert float(info_nce(same, same, sharp)) == pytest.approx(np.log(60), rel=1e-5)


def test_sound_and_face_of_one_clip_are_cut_to_what_both_have(network: SyncNetwork) -> None:
    sound, face = np.random.default_rng(0).normal(size=(33, 12)), np.zeros((30, WIDTH), np.float32)
    assert cosines(network, sound.astype(np.float16), face, 4).shape == (30, 9)


def test_a_file_is_read_as_it_was_written_and_another_is_refused(network: SyncNetwork, tmp_path: Path) -> None:
    path = tmp_path / "sync.safetensors"
    save_sync(network, {"variant": "whisper", "width": 12}, {"step": 3}, path)
    assert read_sync_recipe(path) == ({"variant": "whisper", "width": 12}, {"step": 3})
    again = load_sync(path)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())
    assert not again.training
    save_sync(network, {"variant": "whisper", "width": 384}, {}, path)
    with pytest.raises(WrongWeights, match=r"sound_mean is \[12\], expected \[384\]"):
        load_sync(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(WrongWeights, match="not a sync network of this project"):
        load_sync(path)
    path.write_bytes(b"no")
    with pytest.raises(WrongWeights, match="train one with jobs/train_sync.py"):
        load_sync(path)
