"""z_pose where it is learned."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.face.pose import POSE, PoseEncoder


def test_it_starts_at_the_mean_pose_whatever_it_sees() -> None:
    net = PoseEncoder().eval()
    assert net(torch.rand(2, 3, 256, 256)).tolist() == [[0, 0, 0, 0, 0, 1]] * 2


def test_what_it_can_say_is_bounded() -> None:
    torch.manual_seed(0)
    net = PoseEncoder().eval()
    nn.init.constant_(net.out.bias, 100.0)
    (most,) = net(torch.rand(1, 3, 64, 64)).tolist()
    assert most == pytest.approx([60, 60, 60, 0.5, 0.5, 1.6487], abs=1e-3)
    nn.init.constant_(net.out.bias, -100.0)
    (least,) = net(torch.rand(1, 3, 64, 64)).tolist()
    assert least == pytest.approx([-60, -60, -60, -0.5, -0.5, 0.6065], abs=1e-3)
    assert len(least) == POSE
