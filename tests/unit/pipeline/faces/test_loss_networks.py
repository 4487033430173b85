"""The frozen networks: trained once, kept, and what stands in for the paper's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.face.dynamics import DynamicsEncoder
from models.face.landmarks import EXPRESSIVE
from models.face.presets import BASE, TINY
from models.face.reader import FaceReader
from pipeline.errors import UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.landmark_reading import LandmarkReading, _faces
from pipeline.faces.loss_networks import SUBSTITUTES, begin, loss_networks
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.training_clips import TrainingClips
from pipeline.training.halt import Halt, Stopped
from pipeline.training.pretraining import Pretraining
from tests.made.faces import moving_clip, pool_with

TRAINING = FaceTraining(reader_steps=2, reader_units=1)


@pytest.fixture(scope="module")
def pool() -> TrainingClips:
    return pool_with(*(moving_clip(who) for who in range(3)))


def test_judges_are_trained_once_and_frozen(pool: TrainingClips, tmp_path: Path) -> None:
    said: list[str] = []
    job = FaceJob("/catalog", str(tmp_path), TRAINING)
    path = tmp_path / "loss_networks.pt"
    first = loss_networks(job, pool, Pretraining(log=1, tell=said.append))
    assert [text.split(":")[0] for text in said] == ["reading landmarks"] * 2 + ["reading expressions"] * 2
    assert said[0].startswith("reading landmarks: step 1 of 2, off by ")
    again = loss_networks(job, pool, Pretraining(tell=said.append))
    assert len(said) == 4
    for one, other in ((first.reader, again.reader), (first.dynamics, again.dynamics)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
        assert not any(value.requires_grad for value in other.parameters())
    assert again.identity is not None
    assert torch.equal(first.mesh.share, again.mesh.share)
    assert (first.mesh.share < torch.from_numpy(pool.space.share)).any()
    assert [each.name for each in tmp_path.iterdir()] == ["loss_networks.pt"]
    kept = torch.load(path, weights_only=True)
    for name, array in pool.space.arrays().items():
        assert np.array_equal(kept["space"][name], array)
    for missing in ("reliability", "space"):
        torch.save({name: value for name, value in kept.items() if name != missing}, path)
        with pytest.raises(
            UsageError, match=r"loss_networks\.pt was written by an older version, whose training cannot go on"
        ):
            loss_networks(job, pool, Pretraining())
    torch.save({**kept, "space": {**kept["space"], "directions": -kept["space"]["directions"]}}, path)
    with pytest.raises(
        UsageError, match=r"loss_networks\.pt judges by another expression space .*: give another folder"
    ):
        loss_networks(job, pool, Pretraining())


def test_judges_go_on_where_they_were_stopped(pool: TrainingClips, tmp_path: Path) -> None:
    """In every part of what makes them; checkpoints go when they are whole."""
    whole = loss_networks(FaceJob("/catalog", str(tmp_path / "whole"), TRAINING), pool, Pretraining())
    job = FaceJob("/catalog", str(tmp_path / "stopped"), TRAINING)

    class AfterAStep(Halt):
        """Stops at every second question."""

        def __init__(self) -> None:
            asked = iter(range(1000))
            super().__init__(asked=lambda: "SIGTERM" if next(asked) % 2 else None)

    class InTheEnd(Halt):
        def check(self, at: str) -> None:
            raise Stopped("SIGINT", at)

    at = []
    for halt in (AfterAStep(), AfterAStep(), InTheEnd()):
        with pytest.raises(Stopped) as stop:
            loss_networks(job, pool, Pretraining(Path(job.out), halt=halt))
        at.append(stop.value.at)
        assert not job.loss_networks.exists()
    assert at == [
        "reading landmarks: step 1 of 2",
        "reading expressions: step 0 of 2",
        "looking at how well the face mesh reads expressions",
    ]
    found = loss_networks(job, pool, Pretraining(Path(job.out)))
    for one, other in ((found.reader, whole.reader), (found.dynamics, whole.dynamics)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert torch.equal(found.mesh.share, whole.mesh.share)
    assert not list(Path(job.out).rglob("state.pt"))


def test_a_small_trunk_begins_with_the_reader_s_layers_and_a_large_one_as_it_is() -> None:
    reader, small = FaceReader(), DynamicsEncoder(TINY)
    begin(small, reader)
    own = list(small.trunk.parameters())
    assert all(torch.equal(a, b) for a, b in zip(own, reader.levels.parameters(), strict=True))
    large = DynamicsEncoder(BASE)
    before = [value.clone() for value in large.parameters()]
    begin(large, reader)
    assert all(torch.equal(a, b) for a, b in zip(before, large.parameters(), strict=True))


def test_substitutes_are_of_losses_that_there_are() -> None:
    assert set(SUBSTITUTES) <= set(vars(LossWeights()))


def test_faces_to_read_carry_their_landmarks(pool: TrainingClips) -> None:
    """The drawn mouth is white between the lips: bright where the inner lips' landmarks are, in every aligned face."""
    drawn = _faces(pool, 0, 8, seed=0)
    face, points = drawn.face, drawn.landmarks
    assert face.shape == (32, 3, 64, 64)
    assert points.shape == (32, len(EXPRESSIVE), 2)
    inner = points[:, [EXPRESSIVE.index(point) for point in (13, 14)]].mean(1)
    lip = points[:, [EXPRESSIVE.index(point) for point in (61, 291)]].mean(1)
    assert (inner - lip).abs().max() < 0.3
    apart = (points[:, EXPRESSIVE.index(14)] - points[:, EXPRESSIVE.index(13)])[:, 1]
    at = inner[apart > 0.12].reshape(-1, 1, 1, 2)
    bright = torch.nn.functional.grid_sample(face[apart > 0.12], at, align_corners=False).flatten(1)
    assert len(bright) > 8
    assert (bright.mean(1) > face[apart > 0.12].mean((1, 2, 3))).float().mean() > 0.9


def test_a_reader_learns(pool: TrainingClips) -> None:
    said: list[str] = []
    training = replace(TRAINING, reader_steps=25, reader_units=2)
    Pretraining(log=1, tell=said.append).trained(LandmarkReading(pool, training), "off")
    errors = [float(text.rpartition(" ")[2]) for text in said]
    assert len(errors) == 25
    assert errors[-1] < 0.75 * errors[0]
