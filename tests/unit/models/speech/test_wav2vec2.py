"""Wav2Vec2 features: the same numbers as transformers itself gives, which row a sound falls into, batches, chunks."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

from models.speech.wav2vec2 import FRAME, Wav2Vec2Features, check
from tests.made import random_wav2vec2
from tests.made.random_wav2vec2 import BASE_960H, TINY, TINY_LARGE, Settings
from tests.root import ROOT

CPU = torch.device("cpu")
SMALLEST: Settings = {**TINY, "conv_dim": [8] * 7, "num_hidden_layers": 1}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Networks this small are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_wav2vec2.write(tmp_path_factory.mktemp("tiny"), config=TINY)


@pytest.fixture(scope="module")
def tiny_large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_wav2vec2.write(tmp_path_factory.mktemp("tiny_large"), config=TINY_LARGE)


@pytest.fixture(params=["tiny", "tiny_large"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise that swells and fades, so that no two stretches are alike; not around zero."""
    count = round(seconds * 16_000)
    swell = 0.1 + np.abs(np.sin(np.arange(count) / 5000))
    return (0.02 + 0.1 * swell * np.random.default_rng(seed).normal(0, 1, count)).astype(np.float32)


def reference(path: Path, samples: np.ndarray) -> list[np.ndarray]:
    """Every layer's features [rows, width] by transformers' own loader, preprocessing and pass over the whole sound."""
    network = Wav2Vec2Model.from_pretrained(path, local_files_only=True).eval()
    prepare = Wav2Vec2FeatureExtractor.from_pretrained(path, local_files_only=True)
    values = prepare(samples, sampling_rate=16_000).input_values[0]
    padded = np.pad(values, (40, -len(values) % FRAME + 40)).astype(np.float32)
    with torch.inference_mode():
        out = network(torch.from_numpy(padded)[None], output_hidden_states=True)
    # the last of the hidden states lacks the final layer norm
    layers = [hidden[0].numpy() for hidden in (*out.hidden_states[:-1], out.last_hidden_state)]
    assert {len(hidden) for hidden in layers} == {2 * math.ceil(len(samples) / FRAME)}
    return [(hidden[0::2] + hidden[1::2]) / 2 for hidden in layers]


@pytest.mark.parametrize("seconds", [0.1, 0.04, 2.0, 5.013])
def test_features_are_those_of_transformers_itself(folder: Path, seconds: float) -> None:
    samples = sound(seconds)
    assert Wav2Vec2Features(folder, CPU)([samples])[0] == pytest.approx(reference(folder, samples)[-1], abs=1e-5)


def test_the_layer_is_counted_as_in_transformers(folder: Path) -> None:
    samples = sound(3)
    theirs = reference(folder, samples)
    for k, expected in enumerate(theirs):
        for layer in (k, k - len(theirs)):
            assert Wav2Vec2Features(folder, CPU, layer=layer)([samples])[0] == pytest.approx(expected, abs=1e-5)
    assert all(np.abs(a - b).max() > 0.1 for a, b in zip(theirs, theirs[1:], strict=False))


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> Wav2Vec2Features:
    return Wav2Vec2Features(random_wav2vec2.write(tmp_path_factory.mktemp("smallest"), config=SMALLEST), CPU)


@settings(max_examples=20, deadline=None)
@given(st.integers(1_600, 1_120_000))
@example(1_600)
@example(1_120_000)
def test_one_row_a_frame_for_every_length(smallest: Wav2Vec2Features, samples: int) -> None:
    """From 0.1 to 70 s: the row in which a sound ends is its last."""
    (out,) = smallest([np.full(samples, 0.1, np.float32)])
    assert (out.shape, out.dtype) == ((math.ceil(samples / 640), 48), np.float32)
    assert np.isfinite(out).all()


@given(st.integers(1, 70 * 25))
def test_padded_sounds_have_fifty_frames_a_second_in_the_network(rows: int) -> None:
    assert (rows * 640 + 80 - 400) // 320 + 1 == 2 * rows


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Wav2Vec2Features:
    """What enters the transformer of a network in which nothing reaches farther than one frame's 25 ms."""
    path = random_wav2vec2.write(tmp_path_factory.mktemp("local"), config=TINY_LARGE)
    tensors = load_file(path / "model.safetensors")
    tensors["wav2vec2.encoder.pos_conv_embed.conv.weight_g"] *= 0
    save_file(tensors, path / "model.safetensors")
    (path / "preprocessor_config.json").write_text('{"do_normalize": false, "sampling_rate": 16000}')
    return Wav2Vec2Features(path, CPU, layer=0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 49), st.integers(40, 599))
def test_a_click_changes_the_row_of_its_instant_alone(local: Wav2Vec2Features, row: int, offset: int) -> None:
    """A row's two frames see 40 samples more on each side, so a click that near to a border changes both rows."""
    before = sound(2)
    after = before.copy()
    after[row * 640 + offset] += 0.5
    change = np.abs(local([after])[0] - local([before])[0]).max(1)
    assert np.flatnonzero(change > 1e-5).tolist() == [row]


def test_loudness_and_offset_do_not_matter_where_sounds_are_normalised(tiny: Path) -> None:
    model = Wav2Vec2Features(tiny, CPU)
    samples = sound(2)
    assert model([samples * 3 - 0.2])[0] == pytest.approx(model([samples])[0], abs=1e-3)


def test_silence_and_sounds_that_may_not_be_written_to_are_fine(folder: Path, recwarn: pytest.WarningsRecorder) -> None:
    silence = np.zeros(16_000, np.float32)
    silence.flags.writeable = False
    assert np.isfinite(Wav2Vec2Features(folder, CPU)([silence])[0]).all()
    assert not len(recwarn)


def test_a_batch_equals_one_by_one(folder: Path) -> None:
    """Sounds of different and of equal lengths, one of them long enough for chunks."""
    model = Wav2Vec2Features(folder, CPU, chunk_s=4, overlap_s=1)
    sounds = [sound(seconds, seed) for seed, seconds in enumerate((1.0, 2.5, 1.0, 9.3, 0.04, 1.0, 2.51, 9.3))]
    answers = model(sounds)
    assert len(answers) == len(sounds)
    for samples, answer in zip(sounds, answers, strict=True):
        assert answer == pytest.approx(model([samples])[0], abs=1e-5)
    assert np.abs(answers[0] - answers[2]).max() > 0.1
    assert model([]) == []


def test_padding_a_batch_would_change_the_features(tiny: Path) -> None:
    """Why sounds are not padded to one length: the group norm and attention see the padding."""
    samples = sound(2)
    model = Wav2Vec2Features(tiny, CPU)
    padded = np.pad(samples, (0, 16_000), constant_values=samples.mean())
    assert np.abs(model([padded])[0][:50] - model([samples])[0]).max() > 0.05


def test_chunks_change_nothing_but_attention(tmp_path: Path, folder: Path) -> None:
    """Without attention, what is computed in chunks is what is computed whole; group norm and position included."""
    config = TINY_LARGE if "large" in folder.name else TINY
    path = random_wav2vec2.write(tmp_path / "deaf", config=config)
    tensors = load_file(path / "model.safetensors")
    save_file(
        {name: value * (0 if "attention.out_proj" in name else 1) for name, value in tensors.items()},
        path / "model.safetensors",
    )
    samples = sound(11.3)
    whole = Wav2Vec2Features(path, CPU)([samples])[0]
    assert Wav2Vec2Features(path, CPU, chunk_s=3, overlap_s=0.5)([samples])[0] == pytest.approx(whole, abs=1e-5)


def test_what_chunks_lose_is_bounded_and_less_the_longer_they_are(folder: Path) -> None:
    """The worst case: random weights attend to everything alike, however far away it is."""
    samples = sound(26)
    whole = Wav2Vec2Features(folder, CPU)([samples])[0]
    lost = []
    for chunk_s in (24, 12, 3):
        parts = Wav2Vec2Features(folder, CPU, chunk_s=chunk_s, overlap_s=chunk_s / 6)([samples])[0]
        assert parts.shape == whole.shape
        lost.append(float(np.sqrt(((parts - whole) ** 2).mean() / (whole**2).mean())))
    assert 0 < lost[0] < lost[1] < lost[2] < 0.3
    assert lost[0] < 0.15


def test_a_sound_as_long_as_a_chunk_is_seen_whole(tiny: Path) -> None:
    whole, parts = Wav2Vec2Features(tiny, CPU), Wav2Vec2Features(tiny, CPU, chunk_s=2, overlap_s=1)
    for seconds, same in ((2.0, True), (2.04, False)):
        apart = np.abs(whole([sound(seconds)])[0] - parts([sound(seconds)])[0]).max()
        assert (apart < 1e-5) == same


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": 4}, r"layer=4: .* has hidden states 0 to 3, or -1 to -4"),
        ({"layer": -5}, r"layer=-5"),
        ({"chunk_s": 5, "overlap_s": 5}, r"chunk_s=5, overlap_s=5: the overlap must be the shorter one"),
        ({"chunk_s": 0, "overlap_s": 0}, r"chunk_s=0"),
        ({"overlap_s": -1}, r"overlap_s=-1"),
    ],
)
def test_impossible_parameters_are_named(tiny: Path, changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Wav2Vec2Features(tiny, CPU, **changes)  # type: ignore[arg-type]


def test_an_empty_sound_is_an_error(tiny: Path) -> None:
    with pytest.raises(ValueError, match="0 samples"):
        Wav2Vec2Features(tiny, CPU)([np.zeros(0, np.float32)])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_the_cpu_s_features(folder: Path) -> None:
    sounds = [sound(seconds) for seconds in (1.0, 2.5, 40.0)]
    for mine, theirs in zip(
        Wav2Vec2Features(folder, torch.device("cuda"))(sounds), Wav2Vec2Features(folder, CPU)(sounds), strict=True
    ):
        assert mine == pytest.approx(theirs, abs=2e-2)


_QUIET = """
import socket, sys
from pathlib import Path

def refuse(*args, **kwargs):
    raise AssertionError("asked for the network")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import numpy as np
from models.speech.wav2vec2 import Wav2Vec2Features, check
folder = Path(sys.argv[1])
check(folder)
(rows,) = Wav2Vec2Features(folder)([np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)])
assert rows.shape == (50, 48)
"""


@pytest.mark.slow
def test_nothing_is_printed_and_the_network_is_not_asked(tiny: Path) -> None:
    """In a fresh process, with what would make a hub be asked left unset."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run(
        [sys.executable, "-c", _QUIET, str(tiny)], cwd=ROOT, env=quiet, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_full_size_network(tmp_path: Path) -> None:
    """Of the published format and size, on 4 s: its file, its features, and those of transformers itself."""
    path = random_wav2vec2.write(tmp_path / "base", config=BASE_960H)
    # today's writer pads the header of the published file's 377,607,901 bytes to a multiple of 8
    assert (path / "model.safetensors").stat().st_size == 377_607_904
    check(path)
    model = Wav2Vec2Features(path, CPU)
    samples = sound(4)
    (out,) = model([samples])
    assert (out.shape, out.dtype, model.width) == ((100, 768), np.float32, 768)
    assert np.isfinite(out).all()
    assert 0.1 < out.std() < 10
    assert np.abs(np.diff(out, axis=0)).mean() > 0.01
    assert out == pytest.approx(reference(path, samples)[-1], abs=1e-4)
