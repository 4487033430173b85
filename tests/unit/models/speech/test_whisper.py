"""Whisper's features: the numbers of transformers' own Whisper, which row a sound falls into, batches, chunks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.runtime.checkpoint import WrongWeights
from models.speech.whisper import FRAME, RATE, WhisperEncoder, WhisperFeatures, log_mel, slaney_bank
from models.speech.whisper_from_package import FILE, encoder_tensors

CPU = torch.device("cpu")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def features() -> WhisperFeatures:
    return WhisperFeatures(FILE, CPU)


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise in syllables, of a few bands that change."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    at = np.arange(count) / RATE
    swell = np.clip(np.sin(2 * np.pi * 4 * at + 3 * np.sin(at)), 0, None)
    tone = sum(np.sin(2 * np.pi * hz * at * (1 + 0.1 * np.sin(0.7 * at + k))) for k, hz in enumerate((180, 700, 1900)))
    return (0.1 * swell * (tone + random.normal(0, 0.5, count))).astype(np.float32)


def off(found: np.ndarray, wanted: np.ndarray) -> float:
    """Root mean square of the difference over that of `wanted` about its mean."""
    return float(np.sqrt(((found - wanted) ** 2).mean() / wanted.var(0).mean()))


def test_the_filters_are_those_of_transformers() -> None:
    audio_utils = pytest.importorskip("transformers.audio_utils")
    wanted = audio_utils.mel_filter_bank(201, 80, 0, 8000, RATE, norm="slaney", mel_scale="slaney")
    assert slaney_bank() == pytest.approx(wanted.T, abs=1e-7)


def test_the_blocks_are_those_of_transformers_own_whisper() -> None:
    transformers = pytest.importorskip("transformers")
    from transformers.models.whisper.modeling_whisper import WhisperEncoder as Theirs

    sizes = {"d_model": 384, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536, "num_mel_bins": 80}
    theirs = Theirs(transformers.WhisperConfig(encoder_layers=2, **sizes)).eval()
    ours = WhisperEncoder().eval()
    tensors = {name: value.float() for name, value in load_file(FILE).items()}
    ours.load_state_dict(tensors)
    theirs.load_state_dict(_in_their_names(tensors), strict=False)
    spectra = log_mel(torch.from_numpy(sound(30)), 3000)[None]
    with torch.inference_mode():
        wanted = theirs(spectra, output_hidden_states=True)
        found = ours(spectra)
        # their last state is normed; nothing of ours is
        normed = theirs.layer_norm(found)
    assert torch.allclose(normed, wanted.last_hidden_state, atol=2e-3)


def _in_their_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    names = {
        "self_attn.out_proj": "self_attn.out_proj",
        "linear1": "fc1",
        "linear2": "fc2",
        "norm1": "self_attn_layer_norm",
        "norm2": "final_layer_norm",
    }
    found = {name: value for name, value in tensors.items() if name.startswith("conv")}
    for block in range(2):
        for ours, theirs in names.items():
            for kind in ("weight", "bias"):
                found[f"layers.{block}.{theirs}.{kind}"] = tensors[f"blocks.{block}.{ours}.{kind}"]
        for kind in ("weight", "bias"):
            parts = tensors[f"blocks.{block}.self_attn.in_proj_{kind}"].chunk(3)
            for name, part in zip(("q_proj", "k_proj", "v_proj"), parts, strict=True):
                found[f"layers.{block}.self_attn.{name}.{kind}"] = part
    return found


@pytest.mark.parametrize("samples", [1, 639, 640, 641, 16_000, 16_001])
def test_a_row_a_frame_however_short(features: WhisperFeatures, samples: int) -> None:
    found = features([sound(2)[:samples]])[0]
    assert found.shape == (-(-samples // FRAME), 384)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_spectra_are_centred_on_their_own_time() -> None:
    """A click 10 (k + 1) ms after the beginning is loudest in spectrum k, and as loud before it as behind it."""
    for k in (0, 7, 48):
        samples = torch.zeros(RATE // 2)
        samples[160 * (k + 1)] = 1.0
        loud = log_mel(samples, 50).mean(0)
        assert int(loud.argmax()) == k
        if 0 < k < 49:
            assert loud[k - 1] == pytest.approx(float(loud[k + 1]), abs=0.05)


@pytest.mark.parametrize("frame", [10, 23, 40])
def test_a_click_changes_the_row_of_its_frame_most(features: WhisperFeatures, frame: int) -> None:
    """In the middle of [i / 25, (i + 1) / 25), behind silence and before it; rows on both sides change alike."""
    quiet = 1e-4 * np.random.default_rng(0).normal(0, 1, 2 * RATE).astype(np.float32)
    clicked = quiet.copy()
    clicked[FRAME * frame + FRAME // 2] = 0.5
    before, after = features([quiet, clicked])
    change = np.linalg.norm(after - before, axis=1)
    assert int(change.argmax()) == frame


def test_a_batch_is_what_its_sounds_are_one_by_one(features: WhisperFeatures) -> None:
    sounds = [sound(2, 1), sound(0.5, 2), sound(2, 3), sound(3.01, 4)]
    answers = features(sounds)
    for samples, answer in zip(sounds, answers, strict=True):
        assert answer == pytest.approx(features([samples])[0], abs=1e-4)
    assert np.abs(answers[0] - answers[2]).max() > 0.1
    assert features([]) == []


def test_longer_chunks_are_nearer_to_the_whole_and_one_as_long_is_the_whole(features: WhisperFeatures) -> None:
    """How near they are with real speech: tests/media/stages/labels/test_whisper.py."""
    samples = sound(24)
    whole = features([samples])[0]
    short, long, same = (
        off(WhisperFeatures(FILE, CPU, *sizes)([samples])[0], whole) for sizes in ((8.0, 4.0), (14.0, 4.0), (24.0, 4.0))
    )
    assert same == 0
    assert 0 < long < short < 1


def test_silence_has_features_and_no_sound_has_none(features: WhisperFeatures) -> None:
    assert np.isfinite(features([np.zeros(RATE, np.float32)])[0]).all()
    with pytest.raises(ValueError, match="a sound of 0 samples has no features"):
        features([np.zeros(0, np.float32)])


@pytest.mark.parametrize(("chunk_s", "overlap_s"), [(30.0, 4.0), (4.0, 4.0), (3.0, -1.0)])
def test_chunks_that_cannot_be(chunk_s: float, overlap_s: float) -> None:
    with pytest.raises(ValueError, match=r"a chunk at most 29.5 s"):
        WhisperFeatures(FILE, CPU, chunk_s, overlap_s)


def test_another_model_is_refused() -> None:
    with pytest.raises(WrongWeights, match=r"x.bin: no encoder/conv1/weight in it; it is no Whisper"):
        encoder_tensors({"encoder/other": np.zeros(1)}, Path("x.bin"))
