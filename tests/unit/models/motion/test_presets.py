"""How large the presets are, of the latents that the bundled face model and Whisper's features have."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
import torch

from models.motion.network import MotionTransformer
from models.motion.presets import PAPER, PRESETS, TINY, MotionPreset
from models.motion.space import MotionSpace
from tests.made.shapes import parameters

SPACE = MotionSpace(dynamics=32, audio=384, emotion=8)
PARAMETERS = {"tiny": 5_179_274, "paper": 40_102_438}

each_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@each_preset
def test_the_number_of_parameters(preset: MotionPreset) -> None:
    with torch.device("meta"):
        assert parameters(MotionTransformer(preset, SPACE)) == PARAMETERS[preset.name]


@each_preset
def test_a_preset_s_attention_is_divided_evenly(preset: MotionPreset) -> None:
    assert preset.width % preset.heads == 0
    assert preset.previous < preset.window


def test_the_paper_s_sizes() -> None:
    assert (PAPER.layers, PAPER.width, PAPER.heads, PAPER.window, PAPER.previous) == (8, 512, 8, 100, 10)
    assert PAPER.head is None
    assert PAPER.steps == TINY.steps == 1000


def test_a_preset_is_what_its_values_say() -> None:
    for preset in PRESETS.values():
        assert MotionPreset.of_values(json.loads(json.dumps(asdict(preset)))) == preset
    with pytest.raises(TypeError):
        MotionPreset.of_values({"name": "tiny"})
