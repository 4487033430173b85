"""Every loss falls when it should, and only then."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from models.face import losses
from models.face.discriminator import Discriminator

SIDE = 48


def smooth(count: int, seed: int) -> torch.Tensor:
    """Pictures [N, 3, 48, 48]."""
    coarse = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (SIDE, SIDE), mode="bilinear", align_corners=False)


WANTED, OTHER = smooth(2, 0), smooth(2, 1)
EVERYWHERE = torch.ones(2, 1, SIDE, SIDE)
LEFT = EVERYWHERE * (torch.arange(SIDE) < SIDE // 2)


def between(share: float) -> torch.Tensor:
    """From the other pictures (0) to those wanted (1)."""
    return WANTED * share + OTHER * (1 - share)


def falls(values: list[torch.Tensor]) -> bool:
    return all(later < earlier for earlier, later in zip(values[:-1], values[1:], strict=True))


@pytest.mark.parametrize("loss", [losses.reconstruction, losses.dissimilarity, losses.gaze, losses.mouth])
def test_pictures_compared_where_they_count(loss) -> None:  # type: ignore[no-untyped-def]
    """Nearer is less, equal is 0, and what does not count changes nothing."""
    assert falls([loss(between(share), WANTED, EVERYWHERE) for share in (0.0, 0.5, 0.9, 1.0)])
    assert loss(WANTED, WANTED, EVERYWHERE) == pytest.approx(0, abs=1e-6)
    elsewhere = WANTED.clone()
    elsewhere[..., SIDE // 2 + 8 :] = OTHER[..., SIDE // 2 + 8 :]
    assert loss(elsewhere, WANTED, LEFT) == pytest.approx(0, abs=1e-6)
    assert loss(elsewhere, WANTED, EVERYWHERE) > 0.01
    assert loss(OTHER, WANTED, 5 * LEFT) == pytest.approx(float(loss(OTHER, WANTED, LEFT)), rel=1e-5)
    assert loss(OTHER, WANTED, torch.zeros_like(LEFT)) == 0


def test_reconstruction_sees_sharpness_beyond_colour() -> None:
    """Grain, which coarser scales do not see, costs as much as a shade, which they all see."""
    grain = 0.1 * (-1.0) ** torch.arange(SIDE)
    shade = torch.full((SIDE,), 0.1)
    costs = [losses.reconstruction(WANTED + error, WANTED, EVERYWHERE) for error in (grain, shade)]
    assert costs == pytest.approx([0.1, 0.1], abs=1e-5)


def test_dissimilarity_sees_structure_and_forgives_light() -> None:
    light = losses.dissimilarity(WANTED + 0.03, WANTED, EVERYWHERE)
    flipped = losses.dissimilarity(WANTED.flip(3), WANTED, EVERYWHERE)
    assert light < 0.1 * flipped


def features(seed: int, count: int = 2) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.rand(count, 4, side, side, generator=random) for side in (8, 4)]


def test_perceptual_falls_as_features_near_and_no_level_drowns_another() -> None:
    found, wanted = features(0), features(1)
    sizes = losses.sizes_of(wanted).mean(1)
    steps = [[b + (a - b) * share for a, b in zip(found, wanted, strict=True)] for share in (1, 0.5, 0)]
    assert falls([losses.perceptual(step, wanted, sizes) for step in steps])
    assert losses.perceptual(wanted, wanted, sizes) == 0
    louder = [[each[0] * 100, each[1]] for each in (found, wanted)]
    loud = losses.perceptual(*louder, losses.sizes_of(louder[1]).mean(1))
    assert loud == pytest.approx(float(losses.perceptual(found, wanted, sizes)), rel=0.01)


def test_perceptual_by_each_picture_s_own_size() -> None:
    found, wanted = features(0), features(1)
    together = losses.perceptual(found, wanted, losses.sizes_of(wanted))
    alone = []
    for n in range(2):
        mine, theirs = ([level[[n]] for level in each] for each in (found, wanted))
        alone.append(losses.perceptual(mine, theirs, losses.sizes_of(theirs).mean(1)))
    assert together == pytest.approx(float(torch.stack(alone).mean()))


@pytest.mark.parametrize("loss", [losses.gaze, losses.mouth])
def test_gaze_is_the_eyes_alone_and_mouth_what_is_between_the_lips(loss) -> None:  # type: ignore[no-untyped-def]
    part = torch.zeros(2, 1, SIDE, SIDE)
    part[..., 10:14, 8:16] = 1
    found = OTHER.clone()
    found[..., 10:14, 8:16] = WANTED[..., 10:14, 8:16]
    assert loss(found, WANTED, part) == 0
    assert loss(OTHER, WANTED, part) > 0.01


def test_landmarks() -> None:
    wanted = torch.rand(2, 5, 2)
    assert losses.landmarks(wanted, wanted) == 0
    assert losses.landmarks(wanted + 0.2, wanted) == pytest.approx(0.2, abs=1e-6)
    assert losses.landmarks(wanted + 0.1, wanted) < losses.landmarks(wanted + 0.2, wanted)


def test_correspondence_falls_as_points_near_and_is_their_mean_distance_in_each_direction() -> None:
    wanted = torch.rand(2, 7, 3, generator=torch.Generator().manual_seed(0))
    assert falls([losses.landmark_warp(wanted + off, wanted) for off in (0.3, -0.1, 0.01, 0.0)])
    assert losses.landmark_warp(wanted, wanted) == 0
    one = wanted.clone()
    one[0, 3, 1] += 0.42  # of 2 x 7 x 3 numbers
    assert losses.landmark_warp(one, wanted) == pytest.approx(0.01, rel=1e-4)


def test_pose_falls_as_angles_places_and_sizes_near_and_counts_each() -> None:
    wanted = torch.tensor([[10.0, -20, 5, 0.1, 0, 1]])
    assert losses.pose(wanted, wanted) == 0
    for number, off in enumerate((6.0, 6, 6, 0.06, 0.06, 0.06)):
        step = off * torch.eye(6)[number]
        assert falls([losses.pose(wanted + share * step, wanted) for share in (1.0, -0.5, 0.1, 0.0)])
        assert losses.pose(wanted + step, wanted) == pytest.approx(0.02, rel=1e-4)


def test_expression_is_how_two_frames_differ_and_a_third_of_what_they_share() -> None:
    wanted = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    share = torch.ones(3)
    code = torch.cat([wanted, torch.full((4, 2), 9.0)], 1)  # the code's other numbers are free
    assert losses.expression(code, wanted, share) == 0
    assert losses.expression(code + 0.3, wanted, share) == pytest.approx(0.1, abs=1e-6)
    apart = code.clone()
    apart[:2] += 0.3
    assert losses.expression(apart, wanted, share) == pytest.approx(0.3 + 0.05, abs=1e-6)
    apart[2:] -= 0.3
    assert losses.expression(apart, wanted, share) == pytest.approx(0.6 + 0.1, abs=1e-6)


def test_a_number_that_counts_nothing_is_free() -> None:
    apart = torch.tensor([[1.0, 2.0], [3.0, -2.0]])
    assert losses.counted(apart, torch.tensor([1.0, 0.0])) == 2
    assert losses.counted(apart, torch.tensor([1.0, 1.0])) == 2
    assert losses.counted(apart, torch.tensor([3.0, 1.0])) == losses.counted(apart, torch.tensor([6.0, 2.0]))


def test_shown_falls_as_the_picture_shows_the_true_one_s_expression() -> None:
    wanted = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    share = torch.tensor([2.0, 1.0, 0.0])
    blank = torch.tensor([0.0, 0.0, 9.0])  # what counts nothing is free
    found = [losses.mesh_expression(wanted * part + blank, wanted, share) for part in (0.0, 0.5, 0.9, 1.0)]
    assert falls(found)
    assert found[-1] == 0
    assert losses.mesh_expression(wanted * 2, wanted, share) == losses.mesh_expression(wanted * 0, wanted, share)


def test_shown_across_asks_for_the_driver_s_change_and_not_for_his_face() -> None:
    """The source's own numbers may be anything, as long as they change as told."""
    change = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    share = torch.ones(3)
    for source in (torch.zeros(4, 3), torch.full((4, 3), 7.0)):
        assert losses.cross_mesh_expression(source + change, source, change, share) == pytest.approx(0, abs=1e-6)
        assert falls(
            [losses.cross_mesh_expression(source + part * change, source, change, share) for part in (0.0, 0.5, 0.9)]
        )
        assert losses.cross_mesh_expression(source - change, source, change, share) > losses.counted(change, share)


def test_what_is_asked_further_has_its_middle_where_it_was_and_the_rest_as_far_away_as_told() -> None:
    wanted = torch.rand(6, 2)
    asked = losses.further(wanted, 1.5)
    one, other = asked.chunk(2)
    assert torch.allclose((one + other) / 2, (wanted[:3] + wanted[3:]) / 2)
    assert torch.allclose(one - other, 1.5 * (wanted[:3] - wanted[3:]))
    assert torch.allclose(losses.further(wanted, 1), wanted)


def test_openings_fall_as_they_near_those_wanted_and_count_by_how_much_they_mostly_differ() -> None:
    wanted = torch.tensor([0.0, 0.02, 0.08])
    assert losses.opening(wanted, wanted, 0.03) == 0
    assert falls([losses.opening(wanted + share * 0.1, wanted, 0.03) for share in (1.0, 0.5, 0.1, 0.0)])
    assert losses.opening(wanted + 0.06, wanted, 0.03) == pytest.approx(2)
    assert losses.opening(wanted.flip(0), wanted, 0.03) == pytest.approx(0.16 / 3 / 0.03)
    both = wanted[:, None].expand(3, 2)
    assert losses.opening(both + 0.05, both, 0.1) == pytest.approx(0.5)


def test_transfer_is_nothing_exactly_when_both_pictures_are_the_same() -> None:
    assert losses.transfer(WANTED, WANTED) == 0
    assert losses.transfer(WANTED, WANTED + 1e-3) > 0
    assert falls([losses.transfer(between(share), WANTED) for share in (0.0, 0.5, 1.0)])
    assert losses.transfer(WANTED, OTHER) == losses.transfer(OTHER, WANTED)


def test_identity_falls_towards_the_source_and_not_towards_another() -> None:
    source, other, start = torch.eye(3)[:, None].unbind(0)
    steps = [losses.identity(source, start + share * (source - start)) for share in (0.0, 0.5, 1.0)]
    assert falls(steps)
    assert steps[-1] == pytest.approx(0, abs=1e-6)
    assert losses.identity(source, start + 0.9 * (other - start)) >= steps[0]
    assert losses.identity(source, 7 * source) == pytest.approx(0, abs=1e-6)


def test_invented_is_what_is_drawn_or_added_whatever_its_colour_and_whichever_layer_of_the_source_it_hides() -> None:
    planes = torch.rand(2, 11, 6, 6, generator=torch.Generator().manual_seed(0))
    planes[:, 3], planes[:, 8:] = 0.5, -0.4

    def with_parts(share: float, added: float) -> torch.Tensor:
        found = planes.clone()
        found[:, 3] *= share
        found[:, 8:] *= added
        return losses.source_fidelity(found)

    assert falls([with_parts(share, 1.0) for share in (1.0, 0.5, 0.0)])
    assert falls([with_parts(1.0, added) for added in (1.0, 0.5, 0.0)])
    assert with_parts(0.0, 0.0) == 0
    assert with_parts(1.0, 1.0) == pytest.approx(0.9)
    assert with_parts(1.0, -1.0) == with_parts(1.0, 1.0)
    lips = torch.zeros(2, 1, 6, 6)
    lips[..., :3, :] = 1
    assert losses.source_fidelity(planes, lips) == pytest.approx(0.9 / 2)
    assert losses.source_fidelity(planes, 1 - 0 * lips) == 0
    other = planes.clone()
    other[:, :3], other[:, 4:8] = 0.1, 0.3
    assert losses.source_fidelity(other) == losses.source_fidelity(planes)


def test_cycle_falls_as_the_code_nears_the_driver_s_and_rises_as_it_nears_others() -> None:
    driver, other, start = torch.eye(3)[:, None].unbind(0)
    others = other[:, None]
    near = [losses.cycle(start + share * (driver - start), driver, others) for share in (0.0, 0.5, 1.0)]
    far = [losses.cycle(start + share * (other - start), driver, others) for share in (0.0, 0.5, 1.0)]
    assert falls(near)
    assert falls(far[::-1])
    # s (cos - .2) for the driver's, s cos for the other's: log(1 + e^(-s .8)) at the driver's own
    assert near[-1] == pytest.approx(float(torch.log1p(torch.exp(torch.tensor(-4.0)))), rel=1e-4)


def test_the_hinge_of_both_sides() -> None:
    def scores(value: float) -> list[torch.Tensor]:
        return [torch.full((2, 1, 4, 4), value), torch.full((2, 1, 2, 2), value)]

    assert losses.hinge(scores(1.0), scores(-1.0)) == 0
    assert losses.hinge(scores(5.0), scores(-5.0)) == 0  # beyond the margin nothing is gained
    assert losses.hinge(scores(0.0), scores(0.0)) == 1
    assert losses.hinge(scores(-1.0), scores(1.0)) == 2
    assert falls([losses.adversarial(scores(value)) for value in (-1.0, 0.0, 1.0)])


def test_matching_falls_as_the_discriminator_s_features_near_and_ignores_its_scores() -> None:
    torch.manual_seed(0)
    net = Discriminator(96)
    whole, mouth = (F.interpolate(WANTED, (side, side)) for side in (96, 24))
    real = net(whole, mouth)
    assert losses.matching(real, real) == 0
    with torch.no_grad():
        shown = [net(F.interpolate(between(share), (96, 96)), mouth) for share in (0.0, 0.5, 1.0)]
        mouths = [net(whole, F.interpolate(between(share), (24, 24))) for share in (0.0, 0.5, 1.0)]
    for each in (shown, mouths):
        assert falls([losses.matching(found, real) for found in each])
    changed = [[*scale[:-1], scale[-1] + 5] for scale in real]
    assert losses.matching(changed, real) == 0


def test_gradients_are_finite_also_where_pictures_are_equal_or_nothing_counts() -> None:
    for found, weight in ((WANTED, EVERYWHERE), (OTHER, LEFT), (OTHER, 0 * LEFT)):
        picture = found.clone().requires_grad_(True)
        code = torch.zeros(2, 3, requires_grad=True)
        total = sum(
            loss(picture, WANTED, weight) for loss in (losses.reconstruction, losses.dissimilarity, losses.gaze)
        )
        total = total + losses.transfer(picture, WANTED) + losses.identity(torch.ones(2, 3), code)
        total = total + losses.cycle(code, torch.ones(2, 3), torch.zeros(2, 2, 3))
        total = total + losses.perceptual([picture], [WANTED], losses.sizes_of([0 * WANTED]))
        total.backward()
        assert picture.grad is not None
        assert picture.grad.isfinite().all()
        assert code.grad is not None
        assert code.grad.isfinite().all()


def test_each_value_counts_its_weight() -> None:
    values = torch.tensor([1.0, 3.0]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)
    weight = torch.tensor([3.0, 1.0]).reshape(1, 1, 1, 2)
    assert losses.mean(values, weight) == 1.5
