"""The frozen reader of landmarks."""

from __future__ import annotations

import torch

from models.face.landmarks import EXPRESSIVE
from models.face.reader import SIDE, FaceReader


def test_features_of_four_levels_and_landmarks() -> None:
    net, face = FaceReader(), torch.rand(2, 3, SIDE, SIDE)
    features = net.features(face)
    assert [tuple(level.shape[1:]) for level in features] == [(32, 32, 32), (64, 16, 16), (128, 8, 8), (192, 4, 4)]
    assert net(face).shape == (2, len(EXPRESSIVE), 2)
    assert torch.equal(net(face), net.landmarks(features))


def test_it_can_learn_where_a_dot_is() -> None:
    torch.manual_seed(0)
    net, random = FaceReader(), torch.Generator().manual_seed(0)
    at = torch.randint(8, 56, (16, 2), generator=random)
    face = torch.zeros(16, 3, SIDE, SIDE)
    for picture, (x, y) in zip(face, at.tolist(), strict=True):
        picture[:, y - 3 : y + 3, x - 3 : x + 3] = 1
    wanted = (at / 32 - 1)[:, None].expand(-1, len(EXPRESSIVE), -1)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    errors = []
    for _ in range(25):
        loss = (net(face) - wanted).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        errors.append(float(loss.detach()))
    assert errors[-1] < 0.3 * errors[0]
