"""Faces and mouths cut upright out of pictures."""

from __future__ import annotations

import pytest
import torch

from models.face.landmarks import EXPRESSIVE, INNER_LIPS, resting
from models.face.rigid import aligned_mouths, points, to_picture


@pytest.mark.parametrize("pose", [(0, 0, 0, 0, 0, 1), (0, 0, 25, 0.1, -0.15, 0.8), (8, -10, -30, -0.05, 0.1, 1.1)])
def test_a_mouth_lies_in_the_middle_of_its_picture_however_the_head_is_turned_and_large(
    pose: tuple[float, ...],
) -> None:
    where = torch.tensor([pose], dtype=torch.float32)
    mouth = torch.from_numpy(resting()[[EXPRESSIVE.index(point) for point in INNER_LIPS]]).float().mean(0)
    place = (to_picture(where)[0] @ torch.cat([mouth, torch.ones(1)]))[:2]
    pixels = points(1, 256, torch.device("cpu"))[0, :, :, :2]
    picture = torch.exp(-(((pixels - place) / 0.03) ** 2).sum(2))[None, None].expand(1, 3, -1, -1)
    found = aligned_mouths(picture, where)
    assert found.shape == (1, 3, 64, 64)
    down, right = divmod(int(found[0, 0].argmax()), 64)
    assert abs(right - 31.5) < 10  # heads turn in depth too
    assert 16 < down < 32  # above the middle, as it opens downwards
    assert found.max() > 0.9
