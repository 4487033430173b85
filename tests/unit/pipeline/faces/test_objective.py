"""All losses of a batch: which are there when, and that they are their functions of what is drawn."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch

from models.face import losses
from models.face.landmarks import EXPRESSIVE
from models.face.model import FaceModel, Motion, Person
from models.face.presets import TINY
from models.face.rigid import aligned_mouths
from pipeline.faces.batches import FrameBatch
from pipeline.faces.objective import Found, LossNetworks, Objective, _lips, both_of, turn_of, turned
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training_clips import TrainingClips
from tests.made.training import SHORT as ONE
from tests.made.training import parts

pytestmark = pytest.mark.slow

SHORT = replace(ONE, units=2)
ALWAYS = {
    *("reconstruction", "dissimilarity", "gaze", "mouth", "perceptual", "landmarks"),
    *("expression", "landmark_warp", "lip_readout"),
}
ACROSS = {"identity", "cycle", "cross_dynamics", "source_fidelity"}
SHOWN = {"mesh_expression", "cross_mesh_expression", "opening", "cross_opening"}


@pytest.fixture(scope="module")
def drawn(pool: TrainingClips) -> FrameBatch:
    return parts(pool, pool.sampler.units(0, 2))[0]


@pytest.fixture(scope="module")
def model() -> FaceModel:
    torch.manual_seed(0)
    return FaceModel(TINY)


def found(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks, training: FaceTraining, step: int, share: int = 22
) -> Found:
    objective = Objective(model, training, torch.ones(share))
    return objective(replace(drawn, noise=torch.zeros(len(drawn.picture), TINY.dynamics)), frozen, step)


def with_open_mouths(drawn: FrameBatch, frames: Iterable[int]) -> FrameBatch:
    """The batch with lips that are together by its landmarks, but for these frames'."""
    points = drawn.points.clone()
    upper, lower = (EXPRESSIVE.index(point) for point in (13, 14))
    points[:, lower] = points[:, upper]
    points[list(frames), lower, 1] += 0.1
    return replace(drawn, points=points)


def test_losses_across_poses_and_people_begin_after_their_share_of_the_steps(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks
) -> None:
    training = replace(SHORT, steps=10, cross_start=0.5, mesh_start=2.0, every=1)
    before = found(model, drawn, frozen, training, 4)
    assert set(before.losses) == ALWAYS
    assert before.pictures.shape == drawn.picture.shape
    with torch.no_grad():
        begun = found(model, drawn, frozen, training, 5)
    assert set(begun.losses) == ALWAYS | ACROSS | {"transfer"}
    assert all(value.isfinite() and value.ndim == 0 for value in begun.losses.values())
    assert begun.pictures.shape == (len(drawn.picture) + 4, 3, 96, 96)  # and both people of both units


def test_every_place_has_its_turn_and_counts_as_much_however_a_step_is_shared() -> None:
    """One in `every`; over steps, a part of one place counts as much as one of all."""
    for step in range(8):
        turn, share = turn_of(4, step, 4)
        assert (turn, share) == ([-step % 4], 1)
    counted = {}
    for size in (1, 2, 4, 8):
        found = [turn_of(size, step, 4) for step in range(8)]
        counted[size] = sum(share for turn, share in found if turn) / 8
        assert sorted(place for turn, _ in found for place in turn) == sorted([*range(size)] * 2)
    assert counted == {1: 1, 2: 1, 4: 1, 8: 1}
    assert both_of([0, 2]).tolist() == [0, 1, 4, 5]


def test_without_an_identity_network_there_is_no_such_loss_rather_than_a_zero(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks
) -> None:
    with torch.no_grad():
        seen = found(model, drawn, replace(frozen, identity=None), replace(SHORT, every=1), 0).losses
    assert set(seen) == (ALWAYS | ACROSS | SHOWN | {"transfer"}) - {"identity"}


def test_a_transfer_that_counts_nothing_is_not_drawn(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    driven = model.driven
    monkeypatch.setattr(model, "driven", lambda person, motion: (asked.append(1), driven(person, motion))[1])
    with torch.no_grad():
        with_it = found(model, drawn, frozen, replace(SHORT, every=1, mesh_start=2.0), 0).losses
        before = len(asked)
        weights = replace(SHORT.weights, transfer=0.0)
        without = found(model, drawn, frozen, replace(SHORT, every=1, mesh_start=2.0, weights=weights), 0).losses
    assert set(with_it) - set(without) == {"transfer"}
    assert len(asked) - before == before - 1


def test_a_picture_is_drawn_in_its_partner_s_motion(model: FaceModel, drawn: FrameBatch, frozen: LossNetworks) -> None:
    """Where a clip's frames are the same, each is drawn as itself: what is wanted is the partner's picture."""
    half = len(drawn.picture) // 2
    with torch.no_grad():
        driven = found(model, drawn, frozen, SHORT, 0).pictures
        other = replace(drawn, picture=drawn.picture.clone(), detailed=drawn.detailed.clone())
        for pictures in (other.picture, other.detailed):
            pictures[half:] = 0.5  # the second frames' pictures; their motion is as it was
        changed = found(model, other, frozen, SHORT, 0).pictures
    assert torch.allclose(changed[:half], driven[:half], atol=1e-5)
    assert not torch.allclose(changed[half:], driven[half:], atol=1e-2)


def test_what_is_shown_is_held_against_the_frame_that_a_picture_should_be(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks
) -> None:
    """Nothing is wrong with the true pictures in their partners' places; with those of others much is."""
    objective = Objective(model, replace(SHORT, looked_at=1, lips_further=1, lids_further=1), torch.ones(22))
    half = len(drawn.picture) // 2
    with torch.no_grad():
        made = objective._output(replace(drawn, noise=torch.zeros(len(drawn.picture), TINY.dynamics)))
        right = objective._mesh_expression(replace(made, driven=drawn.detailed.roll(half, 0)), frozen, 0)
        wrong = objective._mesh_expression(replace(made, driven=drawn.detailed), frozen, 0)
    for name in ("mesh_expression", "opening"):
        assert right[name] == pytest.approx(0, abs=1e-5)
        assert wrong[name] > 0.1


def test_a_stranger_s_lips_are_held_against_the_driver_s(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with lips that are the driver's own, whoever has them; with the source's, much is."""
    objective = Objective(model, replace(SHORT, every=1), torch.ones(22))
    source = both_of([0, 1])
    driver = (source ^ 1) + len(drawn.picture) // 2
    seen = []
    with torch.no_grad():
        batch = with_open_mouths(drawn, range(len(drawn.picture) // 2, len(drawn.picture)))
        made = objective._output(replace(batch, noise=torch.zeros(len(drawn.picture), TINY.dynamics)))
        for pictures in (drawn.detailed[driver], drawn.detailed[source]):
            monkeypatch.setattr(model, "driven", lambda person, motion, shown=pictures: shown)
            across, said = objective._across_people(made, frozen, 0)
            assert across is not None
            assert across.pictures is pictures
            assert torch.equal(across.poses, drawn.pose[driver])
            seen.append(float(said["cross_opening"]))
    assert seen[0] == pytest.approx(0, abs=1e-5)
    assert seen[1] > 0.1


def test_pictures_are_compared_as_large_as_they_are_stored(pool: TrainingClips, frozen: LossNetworks) -> None:
    """A model that is shown half the pixels draws all of them; what reads latents sees the halves alone."""
    torch.manual_seed(0)
    small = FaceModel(replace(TINY, size=48, unshuffle=3, volume=(8, 8, 16), flow_start=(128, 2, 2)))
    batch = parts(replace(pool, size=48), pool.sampler.units(0, 2))[0]
    assert (batch.picture.shape[2], batch.detailed.shape[2]) == (48, 96)
    with torch.no_grad():
        seen = found(small, batch, frozen, replace(SHORT, every=1), 0)
    driven = seen.pictures[: len(batch.detailed)]
    assert driven.shape == batch.detailed.shape
    assert set(seen.losses) == ALWAYS | ACROSS | SHOWN | {"transfer"}
    wanted, weight = (each.roll(len(batch.picture) // 2, 0) for each in (batch.detailed, batch.weight))
    assert seen.losses["reconstruction"] == pytest.approx(float(losses.reconstruction(driven, wanted, weight)))


def test_mouths_are_cut_out_of_every_picture_where_its_head_is(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks
) -> None:
    half = len(drawn.detailed) // 2
    with torch.no_grad():
        seen = found(model, drawn, frozen, replace(SHORT, every=1), 0)
        alone = found(model, drawn, frozen, replace(SHORT, cross_start=2.0), 0)
    own = aligned_mouths(seen.pictures[: 2 * half], drawn.pose.roll(half, 0))  # of the frames that they become
    assert torch.equal(seen.mouths[: 2 * half], own)
    assert torch.equal(alone.mouths, own)
    lips = _lips(drawn)
    other = torch.arange(half) ^ 1
    driver = torch.where(lips[other] > lips[other + half], other, other + half)
    assert torch.equal(seen.mouths[2 * half :], aligned_mouths(seen.pictures[2 * half :], drawn.pose[driver]))


def test_heads_are_turned_evenly_over_all_that_they_do_and_nothing_else_moves() -> None:
    pose = torch.rand(4, 6)
    steps = [turned(pose, range(4 * step, 4 * step + 4)) for step in range(100)]
    assert all(torch.equal(each[:, 2:], pose[:, 2:]) for each in steps)
    assert torch.equal(steps[3], turned(pose, range(12, 16)))
    pitch, yaw = (torch.cat(steps)[:, axis] for axis in range(2))
    assert pitch.abs().max() <= 20
    squares = torch.histogramdd(torch.stack([pitch, yaw], 1), bins=[4, 5], range=[-20, 20, -45, 45]).hist
    assert squares.sum() == 400
    assert squares.min() >= 16  # 20 each on average
    assert squares.max() <= 24


def test_what_is_invented_counts_in_turned_heads_and_not_where_there_is_a_true_picture(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks
) -> None:
    """It is the loss of what is drawn in the turned pose with the other's dynamics."""
    half = len(drawn.picture) // 2
    model = copy.deepcopy(model)
    torch.nn.init.normal_(model.decoder.out.weight, std=0.3)
    with torch.no_grad():
        seen = found(model, drawn, frozen, replace(SHORT, every=1), 0).losses["source_fidelity"]
        own = Motion(drawn.pose, model.dynamics(drawn.face, drawn.landmark_features))
        person = model.person(drawn.picture, own).at(torch.arange(half))
        other = torch.arange(half) ^ 1
        motion = Motion(turned(own.pose[:half], drawn.numbers), own.dynamics[other + half])

        def of(motion: Motion) -> float:
            return float(losses.source_fidelity(*model.layered(person, motion)[1:]))

        assert seen == pytest.approx(of(motion), abs=1e-6)
        assert seen != pytest.approx(of(Motion(own.pose[:half], own.dynamics[:half])), abs=1e-6)


def test_without_layers_nothing_is_the_source_s_and_there_is_no_such_loss(
    drawn: FrameBatch, frozen: LossNetworks
) -> None:
    with torch.no_grad():
        seen = found(FaceModel(replace(TINY, layers=1)), drawn, frozen, replace(SHORT, every=1), 0).losses
    assert set(seen) == (ALWAYS | ACROSS | SHOWN | {"transfer"}) - {"source_fidelity"}


def test_a_pose_that_is_learned_is_what_drives_and_is_taught_by_the_landmarks(
    drawn: FrameBatch, frozen: LossNetworks
) -> None:
    torch.manual_seed(0)
    model = FaceModel(replace(TINY, pose="learned"))
    seen = found(model, drawn, frozen, SHORT, 0)
    assert set(seen.losses) >= ALWAYS | {"pose"}
    assert model.pose is not None
    with torch.no_grad():
        said = losses.pose(model.pose(drawn.picture), drawn.pose)
    assert float(seen.losses["pose"].detach()) == pytest.approx(float(said), rel=1e-4)
    last = model.pose.out.weight
    (taught,) = torch.autograd.grad(seen.losses["pose"], last, retain_graph=True)
    (driven,) = torch.autograd.grad(seen.losses["reconstruction"], last)
    assert taught.abs().sum() > 0
    assert driven.abs().sum() > 0


def test_a_stranger_with_closed_lips_is_driven_by_the_frame_whose_mouth_is_open(
    model: FaceModel, drawn: FrameBatch, frozen: LossNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of a clip's two frames that is."""
    half = len(drawn.picture) // 2
    opened = [0, 1 + half, 2 + half, 3]  # of clips 0 to 3
    asked: list[tuple[torch.Tensor, torch.Tensor]] = []
    driven = model.driven

    def heard(person: Person, motion: Motion) -> torch.Tensor:
        asked.append((person.picture, motion.pose))
        return driven(person, motion)

    monkeypatch.setattr(model, "driven", heard)
    with torch.no_grad():
        found(model, with_open_mouths(drawn, opened), frozen, replace(SHORT, every=1, mesh_start=2.0), 0)
    closed = [half, 1, 2, 3 + half]
    pictures, poses = next((a, b) for a, b in asked if len(a) == 4 and torch.equal(a, drawn.detailed[closed]))
    assert torch.equal(poses, drawn.pose[[opened[1], opened[0], opened[3], opened[2]]])
    assert len(pictures) == 4
