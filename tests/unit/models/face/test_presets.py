"""The three presets: how large they are, and what shapes come out."""

from __future__ import annotations

import pytest

from models.face.discriminator import Discriminator
from models.face.landmarks import LANDMARK_FEATURES
from models.face.presets import BASE, PAPER, PRESETS, TINY, Preset
from tests.made.shapes import empty, motion, on_nothing, parameters

COUNTS = {
    "tiny": {
        "appearance": 628_096,
        "identity": 249_792,
        "dynamics": 1_122_080,
        "to_canonical": 704_451,
        "from_canonical": 704_451,
        "canonical": 35_264,
        "decoder": 868_540,
        "lips": 396,
        "texture": 9,
        "beneath": 4_352,
    },
    "base": {
        "appearance": 8_610_176,
        "identity": 24_557_120,
        "dynamics": 11_242_176,
        "pose": 11_179_590,
        "to_canonical": 9_972_867,
        "from_canonical": 9_972_867,
        "canonical": 12_384_288,
        "decoder": 43_526_265,
        "lips": 1_548,
        "texture": 97,
        "beneath": 788_480,
    },
    "paper": {
        "appearance": 8_610_176,
        "identity": 24_557_120,
        "dynamics": 11_439_168,
        "pose": 11_179_590,
        "to_canonical": 14_224_515,
        "from_canonical": 14_224_515,
        "canonical": 34_459_808,
        "decoder": 50_849_913,
        "lips": 6_156,
        "texture": 97,
        "beneath": 788_480,
    },
}
DISCRIMINATOR = {"tiny": 500_259, "base": 8_283_459, "paper": 8_283_459}

each_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@each_preset
def test_the_number_of_parameters(preset: Preset) -> None:
    model = on_nothing(preset)
    assert {name: parameters(part) for name, part in model.named_children()} == COUNTS[preset.name]
    assert parameters(model) == sum(COUNTS[preset.name].values())
    assert parameters(Discriminator(preset.size)) == DISCRIMINATOR[preset.name]


@each_preset
def test_the_shapes_that_come_out(preset: Preset) -> None:
    model, moves, count = on_nothing(preset), motion(preset, 2), 2
    picture, face = empty(count, 3, preset.size, preset.size), empty(count, 3, preset.face, preset.face)
    channels, depth, side = preset.volume
    identity, k = preset.identity
    assert model.appearance(picture).shape == (count, channels, depth, side, side)
    assert model.dynamics(face, empty(count, LANDMARK_FEATURES)).shape == (count, preset.dynamics)
    if model.pose is not None:
        assert model.pose(picture).shape == (count, 6)
    person = model.person(picture, moves)
    assert person.volume.shape == (count, channels, depth, side, side)
    assert person.identity.shape == (count, identity, k, k)
    flow = model.from_canonical(moves.dynamics, person.identity)
    assert flow.shape[:2] == (count, 3)
    assert all(n % own == 0 for n, own in zip((depth, side, side), flow.shape[2:], strict=True))
    assert model.driven(person, moves).shape == picture.shape
    assert person.head_mask.shape == (count, 1, preset.drawn, preset.drawn)


def test_the_paper_s_sizes() -> None:
    assert (PAPER.size, PAPER.volume, PAPER.identity, PAPER.dynamics) == (512, (96, 16, 64), (512, 4), 512)
    flow = on_nothing(PAPER).to_canonical(empty(1, 512), empty(1, 512, 4, 4))
    assert flow.shape == (1, 3, 16, 64, 64)
    assert (BASE.size, BASE.volume, TINY.size, TINY.pose) == (256, (96, 16, 32), 96, "landmarks")
    assert {name: preset.drawn for name, preset in PRESETS.items()} == {"tiny": 192, "base": 256, "paper": 512}
