"""Wav2Vec2 folders with random weights, in the format of the published facebook/wav2vec2-base-960h.

Its config.json and preprocessor_config.json are reproduced byte by byte, and the 212 tensors of its model.safetensors
by name and shape: the head's included, the positional convolution's weight norm under its old names, no
masked_spec_embed. Written the old way, without padding the header, the file would have its 377,607,901 bytes too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

Settings = Mapping[str, Any]

BASE_960H: Settings = {
    "_name_or_path": "facebook/wav2vec2-base-960h",
    "activation_dropout": 0.1,
    "apply_spec_augment": True,
    "architectures": ["Wav2Vec2ForCTC"],
    "attention_dropout": 0.1,
    "bos_token_id": 1,
    "codevector_dim": 256,
    "contrastive_logits_temperature": 0.1,
    "conv_bias": False,
    "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "ctc_loss_reduction": "sum",
    "ctc_zero_infinity": False,
    "diversity_loss_weight": 0.1,
    "do_stable_layer_norm": False,
    "eos_token_id": 2,
    "feat_extract_activation": "gelu",
    "feat_extract_dropout": 0.0,
    "feat_extract_norm": "group",
    "feat_proj_dropout": 0.1,
    "feat_quantizer_dropout": 0.0,
    "final_dropout": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout": 0.1,
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-05,
    "layerdrop": 0.1,
    "mask_feature_length": 10,
    "mask_feature_prob": 0.0,
    "mask_time_length": 10,
    "mask_time_prob": 0.05,
    "model_type": "wav2vec2",
    "num_attention_heads": 12,
    "num_codevector_groups": 2,
    "num_codevectors_per_group": 320,
    "num_conv_pos_embedding_groups": 16,
    "num_conv_pos_embeddings": 128,
    "num_feat_extract_layers": 7,
    "num_hidden_layers": 12,
    "num_negatives": 100,
    "pad_token_id": 0,
    "proj_codevector_dim": 256,
    "transformers_version": "4.7.0.dev0",
    "vocab_size": 32,
}
PREPROCESSOR: Settings = {
    "do_normalize": True,
    "feature_size": 1,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": False,
    "sampling_rate": 16_000,
}
_SMALL: Settings = {
    "conv_dim": [32] * 7,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "num_conv_pos_embedding_groups": 4,
    "num_hidden_layers": 3,
}
TINY: Settings = {**BASE_960H, **_SMALL}
"""The architecture of base-960h, a few thousand times cheaper."""
TINY_LARGE: Settings = {
    **TINY,
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "feat_extract_norm": "layer",
    "num_hidden_layers": 4,
}
"""The architecture of wav2vec2-large-960h-lv60: layer norms all over, before each block and at the end."""


def write(path: Path, seed: int = 0, config: Settings = BASE_960H) -> Path:
    """The folder `path` with config.json, preprocessor_config.json and model.safetensors of random weights."""
    path.mkdir(parents=True, exist_ok=True)
    write_settings(path, config)
    save_file(tensors(config, seed), path / "model.safetensors", metadata={"format": "pt"})
    return path


def write_settings(path: Path, config: Settings) -> None:
    """config.json and preprocessor_config.json in the folder `path`."""
    for name, settings in (("config.json", config), ("preprocessor_config.json", PREPROCESSOR)):
        (path / name).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


def tensors(config: Settings, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random tensors under the published names; every layer keeps the size of what it is given."""
    generator = torch.Generator().manual_seed(seed)

    def random(name: str, shape: tuple[int, ...]) -> torch.Tensor:
        noise = torch.randn(shape, generator=generator)
        if name.endswith("norm.weight"):
            return 1 + 0.1 * noise
        if name.endswith("bias"):
            return 0.1 * noise
        if name.endswith("weight_g"):
            # the norm of a tap over its weights [hidden, hidden / groups], of variance 1 / fan in
            return math.sqrt(config["hidden_size"] / config["num_conv_pos_embeddings"]) * (1 + 0.1 * noise)
        gain = 2 if "conv_layers" in name else 1
        return noise * math.sqrt(gain / math.prod(shape[1:]))

    return {name: random(name, shape) for name, shape in shapes(config).items()}


def shapes(config: Settings) -> dict[str, tuple[int, ...]]:
    """The published names with their shapes."""
    hidden, wide, channels = config["hidden_size"], config["intermediate_size"], config["conv_dim"]
    out: dict[str, tuple[int, ...]] = {}

    def dense(name: str, outputs: int, inputs: int) -> None:
        out[f"{name}.weight"], out[f"{name}.bias"] = (outputs, inputs), (outputs,)

    def norm(name: str, size: int) -> None:
        out[f"{name}.weight"], out[f"{name}.bias"] = (size,), (size,)

    for i, kernel in enumerate(config["conv_kernel"]):
        layer = f"wav2vec2.feature_extractor.conv_layers.{i}"
        out[f"{layer}.conv.weight"] = (channels[i], channels[i - 1] if i else 1, kernel)
        if config["conv_bias"]:
            out[f"{layer}.conv.bias"] = (channels[i],)
        if i == 0 or config["feat_extract_norm"] == "layer":
            norm(f"{layer}.layer_norm", channels[i])
    norm("wav2vec2.feature_projection.layer_norm", channels[-1])
    dense("wav2vec2.feature_projection.projection", hidden, channels[-1])
    taps, groups = config["num_conv_pos_embeddings"], config["num_conv_pos_embedding_groups"]
    position = "wav2vec2.encoder.pos_conv_embed.conv"
    out[f"{position}.bias"] = (hidden,)
    out[f"{position}.weight_g"], out[f"{position}.weight_v"] = (1, 1, taps), (hidden, hidden // groups, taps)
    norm("wav2vec2.encoder.layer_norm", hidden)
    for i in range(config["num_hidden_layers"]):
        block = f"wav2vec2.encoder.layers.{i}"
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            dense(f"{block}.attention.{part}", hidden, hidden)
        norm(f"{block}.layer_norm", hidden)
        dense(f"{block}.feed_forward.intermediate_dense", wide, hidden)
        dense(f"{block}.feed_forward.output_dense", hidden, wide)
        norm(f"{block}.final_layer_norm", hidden)
    dense("lm_head", config["vocab_size"], hidden)
    return out
