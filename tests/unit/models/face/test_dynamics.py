"""z_dyn: one bounded code a face."""

from __future__ import annotations

import pytest
import torch

from models.face.dynamics import DynamicsEncoder
from models.face.landmarks import LANDMARK_FEATURES
from models.face.presets import BASE, PRESETS, TINY, Preset
from tests.made.shapes import empty


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_code_s_length(preset: Preset) -> None:
    with torch.device("meta"):
        net = DynamicsEncoder(preset)
    assert net(empty(2, 3, preset.face, preset.face), empty(2, LANDMARK_FEATURES)).shape == (2, preset.dynamics)


def test_codes_are_bounded_and_small_ones_are_as_said() -> None:
    torch.manual_seed(0)
    net = DynamicsEncoder(TINY, picture_only=True)
    last = net.head[-1]  # type: ignore[index]
    face = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        last.weight.mul_(1e3)
        assert net(face).abs().max() <= 4
        assert net(face).abs().max() > 3.9
        last.weight.zero_()
        last.bias.fill_(0.1)
        assert net(face) == pytest.approx(torch.full((2, 32), 0.1).numpy(), abs=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        assert net(face).dtype == torch.float32


def test_landmarks_are_told_where_the_pose_is_read_from_them() -> None:
    """At first they change nothing; what is learned from them is added to what the picture says."""
    torch.manual_seed(0)
    net, face, told = DynamicsEncoder(TINY), torch.rand(2, 3, 64, 64), torch.randn(2, LANDMARK_FEATURES)
    assert net.told is not None
    with torch.no_grad():
        before = net(face, told)
        assert torch.equal(before, net(face, torch.zeros(2, LANDMARK_FEATURES)))
        net.told.weight[3, 5] = 0.01
        change = net(face, told) - before
    assert change[:, 3] == pytest.approx((0.01 * told[:, 5]).numpy(), rel=0.05)
    assert change.abs().sum() == pytest.approx(float(change[:, 3].abs().sum()))
    with pytest.raises(
        ValueError, match=r"also wants what landmarks tell: models\.face\.landmarks\.landmark_features$"
    ):
        net(face)


def test_a_pose_that_is_learned_and_a_judge_see_the_picture_alone() -> None:
    assert DynamicsEncoder(BASE).told is None
    picture_only = DynamicsEncoder(TINY, picture_only=True)
    assert picture_only.told is None
    known = DynamicsEncoder(TINY).load_state_dict(picture_only.state_dict(), strict=False)
    assert (known.missing_keys, known.unexpected_keys) == (["told.weight"], [])
