"""Which pixels of a portrait belong to its head."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.face.head_mask import head_mask
from pipeline.faces.silhouette import silhouette

AHEAD = torch.tensor([[0.0, 0, 0, 0, 0, 0.6]])
"""A head in the middle, its chin 33 % of the picture's half below it."""


def portrait(hair: tuple[int, int], side: int = 128) -> np.ndarray:
    """A light face in dark hair that reaches so far to the left and to the right, in front of a wall with some grain,
    uint8 RGB [S, S, 3]; clothes as dark as the hair."""
    grain = np.random.default_rng(0).integers(-6, 7, (side, side, 1))
    picture = np.full((side, side, 3), (128, 138, 148), np.uint8)
    middle = side // 2
    left, right = hair
    cv2.rectangle(picture, (middle - left, 24), (middle + right, side), (40, 25, 20), -1)
    cv2.ellipse(picture, (middle, middle), (17, 22), 0, 0, 360, (220, 180, 160), -1)
    return (picture + grain).clip(0, 255).astype(np.uint8)


def test_hair_belongs_to_a_head_as_far_as_it_reaches() -> None:
    own = silhouette(portrait((30, 34)), AHEAD, 128)[0, 0]
    ellipsoid = head_mask(AHEAD, 128)[0, 0]
    hair = np.s_[44:74]
    assert own[hair, 37:97].min() > 0.95
    assert ellipsoid[hair, 93:97].max() < 0.5
    assert own[hair, :24].max() < 0.05
    assert own[hair, 114:].max() < 0.05


def test_what_is_below_the_chin_stays() -> None:
    own = silhouette(portrait((30, 34)), AHEAD, 128)[0, 0]
    assert own[94:].max() < 0.05


def test_a_wall_alone_belongs_to_nobody() -> None:
    """Hair no wider than the ellipsoid: nothing beyond a rim is added to it."""
    own = silhouette(portrait((20, 20)), AHEAD, 128)[0, 0]
    assert own[:, :28].max() < 0.05
    assert own[:, 100:].max() < 0.05


def test_where_what_is_behind_is_full_of_edges_nothing_is_said() -> None:
    """The same portrait in front of a lattice."""
    picture = portrait((30, 34))
    wall = (picture.sum(2, keepdims=True, dtype=int) > 340) & (picture[..., :1] < 190)
    rows, columns = np.indices((128, 128)) // 3 % 2
    lattice = np.where((rows ^ columns)[..., None] == 1, 230, 40).astype(np.uint8)
    busy = np.where(wall, lattice, picture)
    assert silhouette(picture, AHEAD, 96).any()
    assert not silhouette(busy, AHEAD, 96).any()


def test_the_same_crop_has_the_same_silhouette() -> None:
    picture = portrait((30, 34))
    first = silhouette(picture, AHEAD, 192)
    cv2.setRNGSeed(5)
    cv2.randu(np.zeros((3, 3)), 0, 1)
    assert torch.equal(silhouette(picture, AHEAD, 192), first)
    assert first.shape == (1, 1, 192, 192)


def test_a_head_that_fills_the_picture_has_none() -> None:
    assert not silhouette(portrait((30, 34)), torch.tensor([[0.0, 0, 0, 0, 0, 4.0]]), 96).any()


def test_a_head_outside_of_the_picture_has_none() -> None:
    assert not silhouette(portrait((30, 34)), torch.tensor([[0.0, 0, 0, 5, 0, 0.6]]), 96).any()


@given(
    st.tuples(st.floats(-30, 30), st.floats(-60, 60), st.floats(-180, 180), *[st.floats(-1.5, 1.5)] * 2),
    st.floats(0.1, 3),
)
@settings(max_examples=40, deadline=None)
def test_no_pose_is_a_fault(turned: tuple[float, ...], size: float) -> None:
    """A detector may be wrong, and heads lie at edges."""
    found = silhouette(portrait((30, 34)), torch.tensor([[*turned, size]]), 48)
    assert found.shape == (1, 1, 48, 48)
    assert 0 <= found.min() <= found.max() <= 1 + 1e-5


def test_one_colour_is_no_fault() -> None:
    assert silhouette(np.full((64, 64, 3), 90, np.uint8), AHEAD, 96).isfinite().all()
