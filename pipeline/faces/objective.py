"""All losses of one batch that need no discriminator: the forward pass of face training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from models.face import losses
from models.face.dynamics import DynamicsEncoder
from models.face.identity_network import IdentityNetwork, chips
from models.face.model import FaceModel, Motion, Person
from models.face.reader import SIDE, FaceReader
from models.face.rigid import aligned_faces, moved, to_picture
from pipeline.faces.batches import Batch
from pipeline.faces.settings import FaceTraining
from pipeline.faces.shown import ShownExpression

_LEVELS = 3
"""Levels of the reader's features that pictures are compared by."""
_WIDEST = (20.0, 45.0)
"""How far heads are turned at most where there is no true picture: degrees of pitch and yaw."""
_GOLDEN = (0.7548776662466927, 0.5698402909980532)
"""Steps of an evenly spread sequence of points in a square (Roberts' R2)."""


@dataclass(frozen=True)
class Judges:
    """The frozen networks: landmarks, who it is (None where none is at hand), z_dyn as it was before the model, and
    expressions as the face mesh reads them."""

    reader: FaceReader
    identity: IdentityNetwork | None
    dynamics: DynamicsEncoder
    shown: ShownExpression

    def to(self, device: torch.device) -> Judges:
        """The same on a device."""
        identity = None if self.identity is None else self.identity.to(device)
        return Judges(self.reader.to(device), identity, self.dynamics.to(device), self.shown.to(device))


@dataclass(frozen=True)
class Found:
    """losses: by name, unweighted, each a mean over the batch. driven: each frame's picture from the other frame."""

    losses: dict[str, torch.Tensor]
    driven: torch.Tensor


@dataclass(frozen=True)
class Whole:
    """What a part of a step must know of the step to be its fair share: means over all parts, of all workers.

    weight, eyes [N, 1, S, S]: of `Batch`. sizes [L]: of the frozen reader's features of the true pictures.
    """

    weight: torch.Tensor
    eyes: torch.Tensor
    sizes: torch.Tensor


class Objective(nn.Module):
    """The model under its losses. share [K]: how much each number of an expression counts."""

    def __init__(self, model: FaceModel, training: FaceTraining, share: torch.Tensor) -> None:
        super().__init__()
        self.model = model
        self._training = training
        self.register_buffer("_share", share, persistent=False)
        self._share: torch.Tensor

    def forward(
        self,
        batch: Batch,
        judges: Judges,
        step: int,
        noise: torch.Tensor,
        real: list[torch.Tensor],
        whole: Whole,
    ) -> Found:
        """noise: normal numbers [N, Z]. real: `true_features`. Losses that have not begun are not there."""
        model, half = self.model, len(batch.picture) // 2
        code = model.dynamics(batch.face, batch.told)
        own = Motion(posed_by(model, batch), code + self._training.noise * noise)
        person = model.person(batch.picture, own)
        other = _swapped(own, half)
        driven = model.driven(person, other)
        wanted, weight, eyes = (each.roll(half, 0) for each in (batch.picture, batch.weight, batch.eyes))
        pose = batch.pose.roll(half, 0)
        shown = _features(judges.reader, driven, pose)
        found = {
            "reconstruction": losses.reconstruction(driven, wanted, weight, whole.weight),
            "dissimilarity": losses.dissimilarity(driven, wanted, weight, whole.weight),
            "gaze": losses.gaze(driven, wanted, eyes, whole.eyes),
            "perceptual": losses.perceptual(shown[:_LEVELS], real[:_LEVELS], whole.sizes),
            "landmarks": losses.landmarks(judges.reader.landmarks(shown), judges.reader.landmarks(real)),
            "expression": losses.expression(code, batch.expression, self._share),
            "correspondence": losses.correspondence(*traced(model, batch, person.origin, person.identity, own)),
        }
        if model.pose is not None:
            found["pose"] = losses.pose(own.pose, batch.pose)
        if step >= self._training.swaps * self._training.steps:
            found |= self._transferred(batch, judges, person, own, step)
            found |= self._across(batch, judges, person, own, step)
            if model.texture is not None:
                found |= self._turned(batch, person, own, step)
        if self._is_shown(step):
            found |= self._shown(batch, judges, driven, step)
        return Found(found, driven)

    def _is_shown(self, step: int) -> bool:
        return step >= self._training.shown * self._training.steps

    def _shown(self, batch: Batch, judges: Judges, driven: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """What the mesh sees in driven pictures against what it sees in true ones, of the clips whose turn it is."""
        half = len(batch.picture) // 2
        turn, share = self._turn(batch.numbers, 2, step, self._training.looked_at)
        if share is None:
            return {}
        if not turn:
            return {"shown": batch.picture.new_zeros(())}
        drawn = torch.tensor([*turn, *(place + half for place in turn)])
        wanted = drawn.roll(len(turn))
        pose = batch.pose[wanted]
        with torch.no_grad():
            true = judges.shown(batch.picture[wanted], pose)
        return {"shown": share * losses.shown(judges.shown(driven[drawn], pose), true, judges.shown.share)}

    def _transferred(
        self, batch: Batch, judges: Judges, person: Person, own: Motion, step: int
    ) -> dict[str, torch.Tensor]:
        """Both pictures of the face with i's pose and j's dynamics, of the clips whose turn it is."""
        half = len(batch.picture) // 2
        turn, share = self._turn(batch.numbers, 2, step)
        if share is None:
            return {}
        if not turn:
            return {"transfer": batch.picture.new_zeros(())}
        i = torch.tensor(turn)
        j = i + half
        mixed = _at(own, j).with_pose(_at(own, i))
        both = Motion(mixed.pose.repeat(2, 1), mixed.dynamics.repeat(2, 1))
        pictures = self.model.driven(person.at(torch.cat([j, i])), both)
        one, other = pictures.chunk(2)
        shown = _features(judges.reader, pictures, batch.pose[i].repeat(2, 1))
        halves = [level.chunk(2) for level in shown]
        ours, theirs = ([half[side] for half in halves[:_LEVELS]] for side in range(2))
        apart = losses.perceptual(ours, theirs, losses.sizes_of(theirs))
        read = judges.reader.landmarks(shown).chunk(2)
        return {"transfer": share * (losses.transfer(one, other) + 0.1 * apart + losses.landmarks(*read))}

    def _across(self, batch: Batch, judges: Judges, person: Person, own: Motion, step: int) -> dict[str, torch.Tensor]:
        """People driven by the other subject of their unit, in units whose turn it is: who they are, what they do."""
        half = len(batch.picture) // 2
        turn, share = self._turn([number // 2 for number in batch.numbers], 1, step)
        if share is None:
            return {}
        names = ["cycle", "follow", *(() if judges.identity is None else ("identity",))]
        names += ["shown_across"] if self._is_shown(step) else []
        if not turn:
            return {name: batch.picture.new_zeros(()) for name in names}
        source = torch.tensor(turn)
        driver = source ^ 1
        motion = _at(own, driver + half)
        picture, pose = self.model.driven(person.at(source), motion), batch.pose[driver + half]
        found = {}
        if judges.identity is not None:
            with torch.no_grad():
                known = judges.identity(chips(batch.picture[source], batch.pose[source]))
            found["identity"] = losses.identity(known, judges.identity(chips(picture, pose)))
        side, kinds = self.model.preset.face, len(self._share)
        with torch.no_grad():
            codes = judges.dynamics(aligned_faces(batch.picture, batch.pose, side))[:, :kinds]
        read = judges.dynamics(aligned_faces(picture, pose, side))[:, :kinds]
        others = torch.stack([codes[source], codes[source + half], codes[driver]], 1)
        found["cycle"] = losses.cycle(read, codes[driver + half], others)
        found["follow"] = losses.counted(read - codes[driver + half], self._share)
        if self._is_shown(step):
            with torch.no_grad():
                before = judges.shown(batch.picture[source], batch.pose[source])
            change = batch.expression[driver + half] - batch.expression[source]
            after = judges.shown(picture, pose)
            found["shown_across"] = losses.shown_across(after, before, change, judges.shown.share)
        return {name: share * value for name, value in found.items()}

    def _turned(self, batch: Batch, person: Person, own: Motion, step: int) -> dict[str, torch.Tensor]:
        """What is not the sources' in people of the same units whose heads turn far, with the other's dynamics."""
        half = len(batch.picture) // 2
        turn, share = self._turn([number // 2 for number in batch.numbers], 1, step)
        if share is None:
            return {}
        if not turn:
            return {"invented": batch.picture.new_zeros(())}
        source = torch.tensor(turn)
        pose = turned(own.pose[source], [batch.numbers[place] for place in turn])
        motion = Motion(pose, own.dynamics[(source ^ 1) + half])
        return {"invented": share * losses.invented(self.model.layered(person.at(source), motion)[1])}

    def _turn(
        self, numbers: Sequence[int], each: int, step: int, every: int | None = None
    ) -> tuple[list[int], float | None]:
        """Whose turn it is of this part's clips, which bear these numbers, `each` as many as units in all of the step.

        every: one of so many, by default as trained. With it: how many times its even share of the whole step's the
        part holds, None when it is nobody's turn.
        """
        training = self._training
        every = every or training.every
        count = each * training.units
        whole = sum((number + step) % every == 0 for number in range(step * count, (step + 1) * count))
        turn = [place for place, number in enumerate(numbers) if (number + step) % every == 0]
        return turn, len(turn) / len(numbers) * count / whole if whole else None


def posed_by(model: FaceModel, batch: Batch) -> torch.Tensor:
    """The poses [N, 6] that a model drives by: as it reads them off pictures, where it learns that."""
    return batch.pose if model.pose is None else model.pose(batch.picture)


def traced(
    model: FaceModel, batch: Batch, origin: torch.Tensor, identity: torch.Tensor, own: Motion
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where in its partner's picture the warps take each frame's landmarks from, and where they are there, [N, P, 3].

    origin, identity: of the frames (`Person`), own: their motion.
    """
    half = len(batch.picture) // 2
    found = model.traced(origin, identity, _swapped(own, half), batch.points.roll(half, 0))
    return found, moved(to_picture(batch.pose), batch.points[:, None, None])[:, 0, 0]


def turned(pose: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:
    """Poses [N, 6] with other pitches and yaws: the clips' numbers spread them evenly over all that heads do."""
    drawn = torch.tensor(numbers, dtype=torch.float64)[:, None] * torch.tensor(_GOLDEN, dtype=torch.float64)
    degrees = (2 * (drawn % 1) - 1) * torch.tensor(_WIDEST)
    return torch.cat([degrees.to(pose), pose[:, 2:]], 1)


def true_features(batch: Batch, reader: FaceReader) -> list[torch.Tensor]:
    """The frozen reader's features of the picture that each frame's partner should become: its own."""
    half = len(batch.picture) // 2
    with torch.no_grad():
        return _features(reader, batch.picture.roll(half, 0), batch.pose.roll(half, 0))


def whole_of(batch: Batch, real: list[torch.Tensor]) -> Whole:
    """A batch that is all of its step. real: `true_features`."""
    return Whole(batch.weight, batch.eyes, losses.sizes_of(real[:_LEVELS]).mean(1))


def _features(reader: FaceReader, picture: torch.Tensor, pose: torch.Tensor) -> list[torch.Tensor]:
    return reader.features(aligned_faces(picture, pose, SIDE))


def _swapped(motion: Motion, half: int) -> Motion:
    """The motion of each frame's partner."""
    return Motion(motion.pose.roll(half, 0), motion.dynamics.roll(half, 0))


def _at(motion: Motion, index: torch.Tensor) -> Motion:
    return Motion(motion.pose[index], motion.dynamics[index])
