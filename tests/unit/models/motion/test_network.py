"""What the network is told it hears, of each condition and of no neighbour; and it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.motion.conditions import CONDITIONS, Conditions, joined
from models.motion.losses import reconstruction
from models.motion.network import MotionTransformer
from models.motion.prepared import Prepared
from models.motion.presets import PRESETS, MotionPreset
from models.motion.sampler import ddim
from models.motion.schedule import CosineSchedule
from models.motion.space import POSE, MotionSpace
from models.motion.stream import WeakSound, smoothed
from tests.made.motion import MOTION, SMALL, SPACE, TWO, WINDOW, awake, conditions, noise

T = torch.tensor([700, 30, 400])


@pytest.fixture(scope="module", params=[SMALL, TWO], ids=["one stream", "two streams"])
def network(request: pytest.FixtureRequest) -> MotionTransformer:
    return awake(MotionTransformer(request.param, SPACE))


def scrambled(said: Conditions, name: str) -> Conditions:
    """Other numbers in place of one condition's."""
    other = conditions(len(said.frames), seed=99)
    parts = ("previous_motion", "previous_audio") if name == "previous" else (name,)
    return replace(said, **{part: 5 * getattr(other, part) for part in parts})


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_is_heard_where_it_is_there_and_only_there(network: MotionTransformer, name: str) -> None:
    x, said = noise(3), conditions(3)
    full, empty = network(x, T, said), network(x, T, said.without(name))
    assert (full - network(x, T, scrambled(said, name))).abs().mean() > 1e-3
    assert (full - empty).abs().mean() > 1e-3
    assert torch.equal(network(x, T, scrambled(said.without(name), name)), empty)


@pytest.mark.parametrize("part", ["previous_motion", "previous_audio"])
def test_both_halves_of_the_previous_window_are_heard(network: MotionTransformer, part: str) -> None:
    said = conditions(3)
    other = replace(said, **{part: -getattr(said, part)})
    assert (network(noise(3), T, said) - network(noise(3), T, other)).abs().mean() > 1e-3


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_empty_condition_in_a_batch_does_not_see_its_neighbour(network: MotionTransformer, name: str) -> None:
    x, one, other = noise(3), conditions(3).at(slice(1)).without(name), conditions(3).at(slice(1, 3))
    batch = network(x, T, joined([one, other]))
    assert torch.allclose(batch[:1], network(x[:1], T[:1], one), atol=1e-5)
    assert torch.allclose(batch[1:], network(x[1:], T[1:], other), atol=1e-5)
    assert torch.allclose(network(x, T, joined([one, scrambled(other, name)]))[0], batch[0], atol=1e-6)


def test_noise_and_its_step_are_heard(network: MotionTransformer) -> None:
    said = conditions(3)
    found = network(noise(3), T, said)
    assert (found - network(noise(3, seed=1), T, said)).abs().mean() > 1e-3
    assert (found - network(noise(3), T + 1, said)).abs().mean() > 1e-5


def test_sound_that_ends_within_the_window_is_not_heard_behind_its_end(network: MotionTransformer) -> None:
    said = conditions(3).only_where("audio", torch.arange(WINDOW) < 12)
    other = replace(said, audio=torch.where(said.has_audio[..., None], said.audio, 7.0))
    assert torch.equal(network(noise(3), T, said), network(noise(3), T, other))


def test_padding_is_as_if_it_were_not_there(network: MotionTransformer) -> None:
    """A window of 13 frames comes to the same alone and padded, whatever lies in its padding."""
    x, said, there = noise(3), conditions(3), 13
    cut = replace(said, audio=said.audio[:, :there], has_audio=said.has_audio[:, :there], frames=said.frames[:, :there])
    alone = network(x[:, :there], T, cut)
    padded = replace(said, frames=said.frames & (torch.arange(WINDOW) < there))
    for behind in (0.0, 50.0):
        filled = torch.where(padded.frames[..., None], x, behind)
        assert torch.allclose(network(filled, T, padded)[:, :there], alone, atol=1e-5)
    assert (network(x, T, said)[:, :there] - alone).abs().mean() > 1e-3


def test_dropout_is_for_training_alone() -> None:
    net = awake(MotionTransformer(replace(SMALL, dropout=0.5), SPACE))
    x, said = noise(3), conditions(3)
    assert torch.equal(net(x, T, said), net(x, T, said))
    net.train()
    assert not torch.equal(net(x, T, said), net(x, T, said))


def test_an_untrained_network_says_the_mean_motion() -> None:
    assert not MotionTransformer(SMALL, SPACE)(noise(3), T, conditions(3)).any()


@pytest.mark.parametrize("space", [MotionSpace(32, 384, 8), MotionSpace(512, 768, 7), MotionSpace(1, 320, 1)])
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_any_latent_space_comes_out_as_it_went_in(preset: MotionPreset, space: MotionSpace) -> None:
    with torch.device("meta"):
        net = MotionTransformer(preset, space)
        said, x = Conditions.empty(space, preset, 2), torch.empty(2, preset.window, space.motion)
        assert net.to("meta")(x, torch.ones(2), said.to(torch.device("meta"))).shape == x.shape


@pytest.mark.parametrize("part", ["audio", "previous_motion", "previous_audio", "emotion"])
def test_another_space_s_conditions_are_refused(network: MotionTransformer, part: str) -> None:
    said = conditions(3)
    wrong = replace(said, **{part: getattr(said, part)[..., 1:]})
    with pytest.raises(ValueError, match=rf"{part} is \[3, .*this network takes \[3, .*that it was trained on"):
        network(noise(3), T, wrong)


def test_longer_windows_than_the_preset_s_are_refused(network: MotionTransformer) -> None:
    with pytest.raises(ValueError, match="a window of 21 frames; this network takes at most 20"):
        network(torch.zeros(3, WINDOW + 1, MOTION), T, conditions(3))


def test_one_window_is_learned_by_heart() -> None:
    """Eq. 1 falls to nearly nothing, at any step, and sampling then gives the window back."""
    torch.manual_seed(0)
    random = torch.Generator().manual_seed(0)
    preset, schedule, count = replace(SMALL, width=64), CosineSchedule(1000), 8
    net = MotionTransformer(preset, SPACE)
    said = conditions(1).at(torch.zeros(count, dtype=torch.long))
    x0 = torch.randn(1, WINDOW, MOTION, generator=random).expand(count, -1, -1)
    optimiser = torch.optim.Adam(net.parameters(), 5e-3)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 150)
    losses = []
    for _ in range(150):
        t = torch.randint(1, 1001, (count,), generator=random)
        x = schedule.noised(x0, torch.randn(x0.shape, generator=random), t)
        loss = reconstruction(net(x, t, said), x0, said.frames)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(x0.square().mean().item(), rel=1e-4)
    assert sum(losses[-20:]) / 20 < 1e-3
    net.eval().requires_grad_(False)
    drawn = ddim(Prepared.of(net, said.at(slice(2)), schedule.times(10)[:-1]), noise(2), schedule, 10)
    assert (drawn - x0[:2]).square().mean() < 1e-3


def test_a_head_with_a_stream_of_its_own_sees_the_pose_alone() -> None:
    net, said, x = awake(MotionTransformer(TWO, SPACE)), conditions(3), noise(3)
    face = replace(said, previous_motion=said.previous_motion.clone())
    face.previous_motion[..., POSE:] += 1
    changed = x.clone()
    changed[..., POSE:] += 1
    before, after = net(x, T, said), net(changed, T, face)
    assert torch.equal(before[..., :POSE], after[..., :POSE])
    assert (before - after)[..., POSE:].abs().mean() > 1e-3
    changed = x.clone()
    changed[..., :POSE] += 1
    assert ((net(changed, T, said) - before).abs().mean((0, 1)) > 1e-3).all()


def test_weak_sound_is_told_in_few_numbers_and_by_noise_while_it_learns() -> None:
    random = torch.Generator().manual_seed(0)
    sound = awake(WeakSound(7, 16, numbers=2, noise=0.5))
    tokens = sound(torch.randn(1000, 7, generator=random))
    assert torch.linalg.matrix_rank(tokens - tokens.mean(0)).item() == 2
    assert torch.equal(sound(torch.ones(1, 7)), sound(torch.ones(1, 7)))
    sound.train()
    torch.manual_seed(0)
    several = sound(torch.ones(4000, 7))
    expected = 0.5 * torch.linalg.vector_norm(sound.token.weight, dim=1)
    assert torch.allclose(several.std(0), expected, rtol=0.1)


def test_what_is_smoothed_is_averaged_over_neighbours_that_are_there() -> None:
    values = torch.tensor([[0.0], [4], [0], [8], [100]])[None]
    frames = torch.tensor([[True, True, True, True, False]])
    assert smoothed(values, frames)[0, :4, 0].tolist() == pytest.approx([4 / 3, 2, 3, 16 / 3])
    constant = torch.full((1, 5, 2), 3.0)
    assert smoothed(constant, frames)[:, :4].flatten().tolist() == pytest.approx([3] * 8)
