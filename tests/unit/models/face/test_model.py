"""The networks together."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import torch
from torch import nn

from models.face.model import FaceModel, Motion
from models.face.presets import TINY
from models.face.rigid import to_picture

STILL = torch.tensor([[0, 0, 0, 0, 0, 1.0]])


class Nothing(nn.Module):
    """A warp generator without a flow."""

    def forward(self, dynamics: torch.Tensor, identity: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(dynamics), 3, 4, 16, 16)


class Shift(Nothing):
    """One whose flow is the same everywhere."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self._by = by

    def forward(self, dynamics: torch.Tensor, identity: torch.Tensor) -> torch.Tensor:
        return super().forward(dynamics, identity) + self._by


class Kept(nn.Module):
    """In place of the refiner, the decoder and the layers: hands on the volume."""

    def forward(self, volume: torch.Tensor, *_: torch.Tensor | int) -> torch.Tensor:
        return volume

    def where(self, volume: torch.Tensor, *_: torch.Tensor | int) -> torch.Tensor:
        return volume


@pytest.fixture
def bare() -> FaceModel:
    """Tiny whose warps are rigid alone and whose pictures are volumes."""
    torch.manual_seed(0)
    model = FaceModel(TINY).eval().requires_grad_(False)
    model.to_canonical, model.from_canonical = Nothing(), Nothing()  # type: ignore[assignment]
    model.canonical, model.decoder, model.texture = Kept(), Kept(), Kept()  # type: ignore[assignment]
    model.lips = None
    return model


def codes(count: int) -> torch.Tensor:
    return torch.randn(count, TINY.dynamics, generator=torch.Generator().manual_seed(1))


def test_no_motion_leaves_the_volume_as_it_is(bare: FaceModel, pictures: torch.Tensor) -> None:
    motion = Motion(STILL.expand(3, 6), codes(3))
    person = bare.person(pictures, motion)
    volume = bare.appearance(pictures)
    assert torch.allclose(person.volume, volume, atol=1e-5)
    assert torch.allclose(bare.driven(person, motion), volume, atol=1e-5)


def test_the_driver_s_pose_undoes_the_source_s(bare: FaceModel, pictures: torch.Tensor) -> None:
    """A volume brought to the front and back again is where it was; only interpolation blurs it."""
    pose = torch.tensor([[8.0, -12, 15, 0.1, -0.05, 1.1]]).expand(3, 6)
    motion = Motion(pose, codes(3))
    volume = bare.appearance(pictures)
    smooth = nn.functional.interpolate(
        nn.functional.avg_pool3d(volume, (4, 8, 8)), volume.shape[2:], mode="trilinear", align_corners=False
    )
    bare.appearance = Kept()  # type: ignore[assignment]
    bare.identity = Kept()  # type: ignore[assignment]
    back = bare.driven(bare.person(smooth, motion), motion)
    inner = (slice(None), slice(None), slice(2, 6), slice(8, 24), slice(8, 24))
    assert (back - smooth)[inner].abs().mean() < 0.1 * smooth[inner].std()


def test_points_are_traced_to_where_the_same_landmark_is_in_the_source(bare: FaceModel, pictures: torch.Tensor) -> None:
    """Rigid warps take a head's points from where its pose in the source picture puts them, whatever it does now."""
    poses = torch.tensor([[8.0, -12, 15, 0.1, -0.05, 1.1], [-5, 20, 0, 0, 0.1, 0.9]])
    source, driver = Motion(poses, codes(2)), Motion(poses.flip(0), codes(2))
    points = 0.4 * torch.rand(2, 5, 3, generator=torch.Generator().manual_seed(2)) - 0.2
    who = bare.identity(pictures[:2])
    found = bare.source_points(bare.origin(who, source), who, driver, points)
    matrix = to_picture(poses)
    assert torch.allclose(found, points @ matrix[:, :, :3].transpose(1, 2) + matrix[:, None, :, 3], atol=1e-5)


def test_both_warps_move_a_traced_point(bare: FaceModel, pictures: torch.Tensor) -> None:
    bare.to_canonical, bare.from_canonical = Shift(0.02), Shift(0.05)  # type: ignore[assignment]
    motion, points = Motion(STILL, codes(1)), torch.zeros(1, 3, 3)
    who = bare.identity(pictures[:1])
    found = bare.source_points(bare.origin(who, motion), who, motion, points)
    assert torch.allclose(found, points + 0.07, atol=1e-5)


def test_a_result_does_not_depend_on_who_else_is_in_the_batch(tiny: FaceModel, pictures: torch.Tensor) -> None:
    poses = STILL.repeat(3, 1) + torch.tensor([[0, 0, 0, 0, 0, 0], [9, 9, 9, 0.1, 0, 0], [-9, 5, 0, 0, 0.1, 0.1]])
    motion = Motion(poses, codes(3))
    driver = Motion(poses.flip(0), codes(3).flip(0))
    together = tiny.driven(tiny.person(pictures, motion), driver)
    assert together.shape == pictures.shape
    assert together.min() >= 0
    assert together.max() <= 1
    for one in range(3):
        mine, other = (Motion(each.pose[[one]], each.dynamics[[one]]) for each in (motion, driver))
        alone = tiny.driven(tiny.person(pictures[[one]], mine), other)
        assert torch.allclose(alone[0], together[one], atol=1e-5)


def test_with_pose_takes_the_pose_alone() -> None:
    one, other = Motion(STILL, codes(1)), Motion(STILL + 1, codes(1) + 1)
    mixed = one.with_pose(other)
    assert torch.equal(mixed.pose, other.pose)
    assert torch.equal(mixed.dynamics, one.dynamics)


def test_persons_are_plain_values(tiny: FaceModel, pictures: torch.Tensor) -> None:
    """One person's volume serves any number of motions."""
    person = tiny.person(pictures[:1], Motion(STILL, codes(1)))
    found = tiny.driven(person.times(2), Motion(STILL.expand(2, 6), codes(1).expand(2, -1)))
    assert torch.allclose(found[0], found[1], atol=1e-6)


def averaged(pictures: torch.Tensor, size: int) -> torch.Tensor:
    return nn.functional.interpolate(pictures, (size, size), mode="area")


def test_latents_do_not_depend_on_the_size_in_which_a_person_is_drawn(tiny: FaceModel, pictures: torch.Tensor) -> None:
    motion = Motion(STILL, codes(1))
    plain = tiny.person(pictures[:1], motion)
    other = tiny.person(pictures[:1], motion, torch.rand(1, 3, 84, 84), 6)
    assert (plain.size, other.size, other.picture.shape[2]) == (96, 72, 84)
    for name in ("volume", "identity", "origin", "head_mask", "source_context"):
        assert torch.equal(getattr(plain, name), getattr(other, name)), name
    assert other.times(3).size == other.at(torch.tensor([0, 0])).size == 72


def test_hair_stays_where_it_was_until_the_head_has_left(tiny: FaceModel, pictures: torch.Tensor) -> None:
    """With hair everywhere nothing of the picture as it was is seen in a head that moved; in one that did not, as
    before."""
    near, far = (Motion(STILL + torch.tensor([[0, 0, 0, by, 0, 0]]), codes(1)) for by in (0.02, 0.3))
    bald = tiny.person(pictures[:1], Motion(STILL, codes(1)))
    hairy = replace(bald, hair=torch.ones_like(bald.head_mask))
    assert torch.equal(tiny.driven(hairy, near), tiny.driven(bald, near))
    assert not torch.equal(tiny.driven(hairy, far), tiny.driven(bald, far))
    gone = replace(bald, head_mask=torch.ones_like(bald.head_mask))
    assert torch.equal(tiny.driven(hairy, far), tiny.driven(gone, far))
    both = tiny.driven(hairy.times(2), Motion(torch.cat([near.pose, far.pose]), codes(1).expand(2, -1)))
    assert torch.allclose(both[1:], tiny.driven(gone, far), atol=1e-5)
    assert torch.allclose(both[:1], tiny.driven(bald, near), atol=1e-5)


@pytest.mark.parametrize("layers", [1, 3])
def test_a_person_drawn_larger_is_the_same_seen_from_near(layers: Literal[1, 3], pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = FaceModel(replace(TINY, layers=layers)).eval().requires_grad_(False)
    torch.nn.init.normal_(model.decoder.out.weight, std=0.05)
    large = nn.functional.interpolate(pictures[:1], (384, 384), mode="bicubic", align_corners=False).clamp(0, 1)
    small = averaged(large, 96)
    own, driver = Motion(STILL, codes(1)), Motion(torch.tensor([[5.0, -8, 6, 0.05, 0, 1.05]]), codes(2)[1:])
    found = model.driven(model.person(small, own, large), driver)
    wanted = model.driven(model.person(small, own), driver)
    assert found.shape == large.shape
    assert wanted.std() > 0.05
    assert (averaged(found, 96) - wanted).abs().mean() < 0.1 * wanted.std()


def test_a_model_without_layers_draws_any_size(pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = FaceModel(replace(TINY, layers=1)).eval().requires_grad_(False)
    motion = Motion(STILL, codes(1))
    for size in (64, 96, 200):
        found = model.driven(model.person(pictures[:1], motion, torch.zeros(1, 3, size + 8, size + 8), 4), motion)
        assert found.shape == (1, 3, size, size)
        assert (found.min() >= 0, found.max() <= 1) == (True, True)
