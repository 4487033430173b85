"""Wav2Vec2 folders: the published format, its variants, and what is said of a wrong one."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Wav2Vec2Model

from models.runtime.checkpoint import WrongWeights
from models.speech.wav2vec2_folder import check, load, normalises
from tests.made import random_wav2vec2
from tests.made.random_wav2vec2 import BASE_960H, TINY, TINY_LARGE

Tensors = dict[str, torch.Tensor]
POSITION = "wav2vec2.encoder.pos_conv_embed.conv"
MODERN = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_wav2vec2.write(tmp_path_factory.mktemp("tiny"), config=TINY)


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tiny, tmp_path / "wav2vec2"))


def change(folder: Path, made: Callable[[Tensors], Tensors]) -> Path:
    """The folder with its tensors replaced by what `made` makes of them."""
    file = folder / "model.safetensors"
    save_file(made(load_file(file)), file)
    return folder


def configured(folder: Path, **changes: object) -> Path:
    """The folder with other settings in its config.json."""
    (folder / "config.json").write_text(json.dumps({**TINY, **changes}))
    return folder


def renamed(tensors: Tensors) -> Tensors:
    for old, new in MODERN.items():
        tensors[f"{POSITION}.{new}"] = tensors.pop(f"{POSITION}.{old}")
    return tensors


def test_the_written_settings_are_the_published_files(tmp_path: Path) -> None:
    """sha256 of revision 22aad52d435eb6dbaf354bdad9b0da84ce7d6156."""
    random_wav2vec2.write_settings(tmp_path, BASE_960H)
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    assert found == {
        "config.json": "d3ec255c063d9f95057b553b19c20135b259875834a4fe9deb218a6be25b4cf3",
        "preprocessor_config.json": "b225d617c025463b9e157e06afea8b90dc7078fc70b013c533328423e0486b4a",
    }


def test_names_and_shapes_make_a_file_of_the_published_size() -> None:
    """377,607,901 bytes: eight, a header without padding, and the numbers. Other names would make another header."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in sorted(random_wav2vec2.shapes(BASE_960H).items()):
        start, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
    assert len(header) == 213
    assert 8 + len(json.dumps(header, separators=(",", ":"))) + end == 377_607_901


@pytest.mark.parametrize("config", [TINY, TINY_LARGE], ids=["base", "large"])
def test_a_folder_in_the_published_format_is_loaded_in_full(tmp_path: Path, config: dict[str, object]) -> None:
    path = random_wav2vec2.write(tmp_path, config=config)
    check(path)
    network = load(path)
    assert not network.training
    found, state = load_file(path / "model.safetensors"), network.state_dict()
    assert {value.device.type for value in state.values()} == {"cpu"}
    g, v = (found.pop(f"{POSITION}.{name}") for name in MODERN)
    # weight norm over all but the taps, as PyTorch defines it for dim=2
    weight = g * v / v.square().sum((0, 1), keepdim=True).sqrt()
    assert state.pop("encoder.pos_conv_embed.conv.weight").numpy() == pytest.approx(weight.numpy(), abs=1e-6)
    body = {name.removeprefix("wav2vec2."): value for name, value in found.items() if not name.startswith("lm_head")}
    assert state.keys() == body.keys()
    assert all(torch.equal(state[name], body[name]) for name in body)


VARIANTS: dict[str, Callable[[Tensors], Tensors]] = {
    "today's names of the weight norm": renamed,
    "with the vector that only training needs": lambda t: {**t, "wav2vec2.masked_spec_embed": torch.ones(48)},
    "with the heads of pre-training": lambda t: {
        **t,
        "project_hid.weight": torch.ones(2),
        "quantizer.x": torch.ones(2),
    },
    "without a head": lambda t: {name: value for name, value in t.items() if not name.startswith("lm_head")},
    "without the prefix": lambda t: {
        name.removeprefix("wav2vec2."): value for name, value in t.items() if not name.startswith("lm_head")
    },
    "the same with today's names": lambda t: {
        name.removeprefix("wav2vec2."): value for name, value in renamed(t).items() if not name.startswith("lm_head")
    },
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_other_ways_to_name_the_same_tensors_load_too(
    tiny: Path, folder: Path, variant: Callable[[Tensors], Tensors]
) -> None:
    check(change(folder, variant))
    expected, found = load(tiny).state_dict(), load(folder).state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_folder_that_transformers_saved_loads(tiny: Path, tmp_path: Path) -> None:
    """As users get them by fine-tuning."""
    Wav2Vec2Model.from_pretrained(tiny, local_files_only=True).save_pretrained(tmp_path)
    check(tmp_path)
    expected, found = load(tiny).state_dict(), load(tmp_path).state_dict()
    assert all(np.allclose(expected[name], found[name], atol=1e-6) for name in expected)


def test_half_precision_is_widened(tiny: Path, folder: Path) -> None:
    change(folder, lambda t: {name: value.half() for name, value in t.items()})
    check(folder)
    expected, found = load(tiny).state_dict(), load(folder).state_dict()
    assert {value.dtype for value in found.values()} == {torch.float32}
    assert all(np.allclose(expected[name], found[name], atol=2e-3) for name in expected)


def test_a_pytorch_model_bin_is_read_as_tensors_alone(tiny: Path, folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    check(folder)
    expected, found = load(tiny).state_dict(), load(folder).state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


class Malicious:
    """A pickle that creates a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("use", [check, load])
def test_a_pickle_that_runs_code_is_refused(folder: Path, use: Callable[[Path], object]) -> None:
    torch.save({"lm_head.weight": Malicious(folder / "harm")}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(WrongWeights, match=r"pytorch_model.bin: refused, it is a pickle that wants to run code"):
        use(folder)
    assert not (folder / "harm").exists()


def test_safetensors_are_preferred_to_a_pickle(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"not read")
    check(folder)
    load(folder)


SPOILT: dict[str, tuple[Callable[[Tensors], Tensors], str]] = {
    "missing": (
        lambda t: {name: value for name, value in t.items() if "layers.1.attention.v_proj" not in name},
        r"has no tensor wav2vec2.encoder.layers.1.attention.v_proj.weight \[48, 48\]",
    ),
    "other shape": (
        lambda t: {**t, "wav2vec2.feature_projection.projection.weight": torch.ones(48, 31)},
        r"tensor wav2vec2.feature_projection.projection.weight is \[48, 31\], expected \[48, 32\]",
    ),
    "too many": (
        lambda t: {**t, "wav2vec2.encoder.layers.3.layer_norm.bias": torch.ones(48)},
        r"has a tensor wav2vec2.encoder.layers.3.layer_norm.bias that the network lacks",
    ),
    "half a weight norm": (
        lambda t: {name: value for name, value in t.items() if not name.endswith("weight_v")},
        r"has no tensor wav2vec2.encoder.pos_conv_embed.conv.weight_v \[48, 12, 128\]",
    ),
    "another network": (
        lambda t: {"hubert.encoder.layer_norm.weight": torch.ones(48)},
        r"has no tensor wav2vec2.feature_extractor.conv_layers.0.conv.weight \[32, 1, 10\]; .*first is",
    ),
}


@pytest.mark.parametrize("use", [check, load])
@pytest.mark.parametrize(("spoil", "message"), SPOILT.values(), ids=SPOILT)
def test_the_first_tensor_that_differs_is_named(
    folder: Path, spoil: Callable[[Tensors], Tensors], message: str, use: Callable[[Path], object]
) -> None:
    change(folder, spoil)
    with pytest.raises(WrongWeights, match=message):
        use(folder)


def test_the_first_difference_has_the_file_s_own_names(folder: Path) -> None:
    change(folder, VARIANTS["the same with today's names"])
    change(folder, lambda t: {name: value for name, value in t.items() if not name.endswith("original0")})
    with pytest.raises(WrongWeights, match=r"no tensor encoder.pos_conv_embed.conv.parametrizations.weight.original0"):
        check(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "hubert"}, r"config.json: model_type is 'hubert', not 'wav2vec2'"),
        ({"hidden_size": "wide"}, r"config.json: describes no network .*hidden_size"),
        ({"num_attention_heads": 5}, r"config.json: describes no network .*divisible"),
        ({"conv_stride": [5, 2]}, r"config.json: describes no network"),
        ({"conv_stride": [5, 2, 2, 2, 2, 2, 1]}, r"config.json: its frames are not 25 ms long and 20 ms apart"),
        ({"conv_kernel": [10, 3, 3, 3, 3, 2, 3]}, r"config.json: its frames are not 25 ms long and 20 ms apart"),
        ({"add_adapter": True}, r"config.json: its frames are not 25 ms long and 20 ms apart"),
        (
            {"hidden_size": 96},
            r"tensor wav2vec2.feature_projection.projection.weight is \[48, 32\], expected \[96, 32\]",
        ),
    ],
)
def test_settings_that_do_not_fit_are_named(folder: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(WrongWeights, match=message):
        check(configured(folder, **changes))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, r"config.json: not there; a Wav2Vec2 is a folder with config.json and model.safetensors"),
        ("config.json", b"<html>", r"config.json: not JSON"),
        ("config.json", b"[]", r"config.json: holds no settings"),
        ("config.json", b"\xff\xfe", r"config.json: not JSON"),
        ("model.safetensors", None, r"has no model.safetensors or pytorch_model.bin; put the published file beside"),
        ("model.safetensors", b"<html>not found</html>", r"model.safetensors: not a checkpoint .*download it again"),
    ],
)
@pytest.mark.parametrize("use", [check, load])
def test_files_that_are_missing_or_broken_are_named(
    folder: Path, name: str, content: bytes | None, message: str, use: Callable[[Path], object]
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(WrongWeights, match=message):
        use(folder)


def test_a_file_cut_off_is_no_checkpoint(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(WrongWeights, match=r"model.safetensors: not a checkpoint"):
        check(folder)


def test_a_folder_that_is_not_there_or_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").touch()
    for path in (tmp_path / "absent", tmp_path / "a.safetensors"):
        with pytest.raises(WrongWeights, match=r"a Wav2Vec2 is a folder"):
            check(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, True), ("{}", True), ('{"do_normalize": true}', True), ('{"do_normalize": false}', False)],
)
def test_sounds_are_normalised_unless_the_folder_says_otherwise(folder: Path, text: str | None, expected: bool) -> None:
    file = folder / "preprocessor_config.json"
    file.unlink() if text is None else file.write_text(text)
    assert normalises(folder) is expected


def test_another_sampling_rate_is_refused(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text('{"sampling_rate": 8000}')
    with pytest.raises(WrongWeights, match=r"preprocessor_config.json: wants sound at 8000 Hz"):
        normalises(folder)


def test_loading_prints_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load(folder)
    assert capfd.readouterr() == ("", "")
