"""The model is its network, with statistics beside it that training leaves alone."""

from __future__ import annotations

import torch

from tests.made.motion import conditions, motion_model, noise


def test_the_model_says_what_its_network_says_of_standardised_motion() -> None:
    model, t = motion_model(), torch.tensor([900, 1])
    before = model(noise(2), t, conditions(2))
    assert torch.equal(before, model.network(noise(2), t, conditions(2)))
    model.statistics.motion.fit([torch.randn(30, model.space.motion) * 9])
    assert torch.equal(model(noise(2), t, conditions(2)), before)


def test_what_learns_is_the_network_and_what_is_kept_has_the_statistics() -> None:
    model = motion_model()
    assert {name.partition(".")[0] for name, _ in model.named_parameters()} == {"network"}
    assert {name.partition(".")[0] for name in model.state_dict()} == {"network", "statistics"}
    assert model.schedule.steps == model.preset.steps
