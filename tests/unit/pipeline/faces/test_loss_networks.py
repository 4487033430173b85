"""The frozen networks: trained once, kept, and what stands in for the paper's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.face.dynamics import DynamicsEncoder
from models.face.landmarks import EXPRESSIVE
from models.face.presets import BASE, TINY
from models.face.reader import FaceReader
from pipeline.errors import UsageError
from pipeline.faces.lessons import Notebook
from pipeline.faces.loss_networks import SUBSTITUTES, begin, judges_at
from pipeline.faces.reading import _faces, trained_reader
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.training_clips import Pool
from pipeline.training.halt import Halt, Stopped
from tests.made.faces import moving_clip, pool_with

TRAINING = FaceTraining(reader_steps=2, reader_units=1)


@pytest.fixture(scope="module")
def pool() -> Pool:
    return pool_with(*(moving_clip(who) for who in range(3)))


def test_judges_are_trained_once_and_frozen(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    path = tmp_path / "judges.pt"
    first = judges_at(path, pool, TRAINING, TINY, said.append)
    assert [text.split(":")[0] for text in said] == ["reading landmarks"] * 2 + ["reading expressions"] * 2
    assert said[0].startswith("reading landmarks: step 0 of 2, off by ")
    monkeypatch.setattr("pipeline.faces.loss_networks.trained_reader", None)
    again = judges_at(path, pool, TRAINING, TINY, said.append)
    assert len(said) == 4
    for one, other in ((first.reader, again.reader), (first.dynamics, again.dynamics)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
        assert not any(value.requires_grad for value in other.parameters())
    assert again.identity is not None
    assert torch.equal(first.shown.share, again.shown.share)
    assert (first.shown.share < torch.from_numpy(pool.space.share)).any()
    assert [each.name for each in tmp_path.iterdir()] == ["judges.pt"]
    kept = torch.load(path, weights_only=True)
    for name, array in pool.space.arrays().items():
        assert np.array_equal(kept["space"][name], array)
    for missing in ("clear", "space"):
        torch.save({name: value for name, value in kept.items() if name != missing}, path)
        with pytest.raises(
            UsageError, match=r"judges\.pt was written by an older version, whose training cannot go on"
        ):
            judges_at(path, pool, TRAINING, TINY, said.append)
    torch.save({**kept, "space": {**kept["space"], "directions": -kept["space"]["directions"]}}, path)
    with pytest.raises(UsageError, match=r"judges\.pt judges by another expression space .*: give another folder"):
        judges_at(path, pool, TRAINING, TINY, said.append)


def test_judges_go_on_where_they_were_stopped(pool: Pool, tmp_path: Path) -> None:
    """In every part of what makes them; the lessons' file goes when they are whole."""
    whole = judges_at(tmp_path / "whole.pt", pool, TRAINING, TINY, print)
    lessons, path = tmp_path / "lessons.pt", tmp_path / "judges.pt"

    class InTheEnd(Halt):
        def check(self, at: str) -> None:
            raise Stopped("SIGINT", at)

    always = Halt(asked=lambda: "SIGTERM")
    at = []
    for halt in (always, always, always, InTheEnd()):
        with pytest.raises(Stopped) as stop:
            judges_at(path, pool, TRAINING, TINY, print, notebook=Notebook(lessons, halt))
        at.append(stop.value.at)
        assert not path.exists()
    assert at == [
        "reading landmarks: step 1 of 2",
        "reading landmarks: step 2 of 2",
        "reading expressions: step 1 of 2",
        "looking at how well the face mesh reads expressions",
    ]
    found = judges_at(path, pool, TRAINING, TINY, print, notebook=Notebook(lessons))
    for one, other in ((found.reader, whole.reader), (found.dynamics, whole.dynamics)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert torch.equal(found.shown.share, whole.shown.share)
    assert set(torch.load(lessons, weights_only=True)) == {"seconds"}


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


def test_faces_to_read_carry_their_landmarks(pool: Pool) -> None:
    """The drawn mouth is white between the lips: bright where the inner lips' landmarks are, in every aligned face."""
    face, points = _faces(pool, 0, 8, seed=0)
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


def test_a_reader_learns(pool: Pool) -> None:
    errors: dict[int, float] = {}
    trained_reader(pool, 25, 2, lambda step, error: errors.update({step: error}))
    assert list(errors) == [0, 24]
    assert errors[24] < 0.75 * errors[0]
    assert np.isfinite(errors[24])
